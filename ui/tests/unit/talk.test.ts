// How a conversation is put together from what comes over the wire.
import { expect, test } from "vitest";
import type { Message } from "../../src/api/types";
import { coming, hear, silence, type Talk, type TalkUpdate } from "../../src/live/talk";
import { blocksOf, briefly, dollars, examplesOf, placeOf, spentOn } from "../../src/model/speech";
import { guest, issue } from "./make";

const message = (seq: number, text: string, change: Partial<Message> = {}): Message => ({
  seq, text, at: "2026-11-29T10:00:00Z", user: seq % 2 ? "anna" : null, state: "WHOLE", problem: null, mind: null, facts: [], unfounded: [],
  tools: [], cards: [], suggestions: [], ...change,
});
const none: TalkUpdate = { snapshot: false, messages: [], added: null, gone: false };
const snapshot = (...messages: Message[]): TalkUpdate => ({ ...none, snapshot: true, messages });
const changed = (...messages: Message[]): TalkUpdate => ({ ...none, messages });
const added = (seq: number, from: number, text: string): TalkUpdate => ({ ...none, added: { seq, from, text } });
const texts = (talk: Talk) => talk.messages.map((one) => one.text);
const answer = (text: string) => message(2, text, { state: "COMING" });

test("a snapshot and what is added to it make the answer, each piece once", () => {
  const { talk, gap } = hear(silence, [snapshot(message(1, "How is it?"), answer("")), added(2, 0, "All "), added(2, 4, "well."), changed(message(2, "All well."))]);
  expect(gap).toBe(false);
  expect(texts(talk)).toEqual(["How is it?", "All well."]);
  expect(coming(talk)).toBe(undefined);
});

test("a piece that came already is not said twice", () => {
  const { talk, gap } = hear(silence, [snapshot(answer("All ")), added(2, 0, "All "), added(2, 4, "well."), added(2, 4, "well.")]);
  expect([texts(talk), gap]).toEqual([["All well."], false]);
});

test("a piece that is missing makes it begin anew instead of showing a wrong answer", () => {
  const first = hear(silence, [snapshot(answer("All "))]).talk;
  for (const update of [added(2, 9, "later"), added(3, 0, "of a message nobody knows"), added(2, 0, "Another")]) {
    const { talk, gap } = hear(first, [update, added(2, 4, "well.")]);
    expect([texts(talk), gap]).toEqual([["All "], true]);
  }
});

test("a later snapshot, after a lag or a lost link, replaces all and repeats nothing", () => {
  const { talk } = hear(silence, [snapshot(message(1, "a"), answer("All w")), snapshot(message(1, "a"), answer("All well")), added(2, 8, ".")]);
  expect(texts(talk)).toEqual(["a", "All well."]);
  expect(texts(hear(talk, [snapshot(message(1, "a"))]).talk)).toEqual(["a"]);
});

test("what comes before the first snapshot is left to the snapshot", () => {
  const { talk, gap } = hear(silence, [added(2, 4, "well."), changed(answer("x")), snapshot(answer("All well."))]);
  expect([texts(talk), gap]).toEqual([["All well."], false]);
});

test("characters are counted as the server counts them", () => {
  const { talk, gap } = hear(silence, [snapshot(answer("\u{1F642}\u{1F642}é")), added(2, 3, " fine"), added(2, 8, "\u{1F642}"), added(2, 9, ".")]);
  expect([texts(talk), gap]).toEqual([["\u{1F642}\u{1F642}é fine\u{1F642}."], false]);
});

test("messages that did not change keep their identity, so that nothing redraws for them", () => {
  const first = hear(silence, [snapshot(message(1, "a"), answer(""))]).talk;
  const next = hear(first, [added(2, 0, "b")]).talk;
  expect(next.messages[0]).toBe(first.messages[0]);
  expect(next.messages[1]).not.toBe(first.messages[1]);
});

test("new messages stand in order whatever the order in which they come", () => {
  const { talk } = hear(silence, [snapshot(message(1, "a")), changed(message(3, "c"), message(2, "b"))]);
  expect(texts(talk)).toEqual(["a", "b", "c"]);
});

test("a conversation that was deleted is gone", () => {
  expect(hear(silence, [snapshot(message(1, "a")), { ...none, gone: true }]).talk.gone).toBe(true);
});

test("text is text: paragraphs and lists, nothing else", () => {
  expect(blocksOf("Two things.\n- forge is hot\n- [web](http://x) fell\n\nThat is all.")).toEqual([
    { text: "Two things." }, { items: ["forge is hot", "[web](http://x) fell"] }, { text: "That is all." },
  ]);
  expect(blocksOf("a\nb")).toEqual([{ text: "a\nb" }]);
  expect(blocksOf("")).toEqual([]);
});

test("facts lead to where they stand", () => {
  expect(placeOf("guest/101 status")).toEqual({ open: "guest/101" });
  expect(placeOf("node/atlas cpu")).toEqual({ open: "node/atlas" });
  expect(placeOf("event 1234")).toEqual({ open: "event/1234" });
  expect(placeOf("revision 3f2a9c1")).toEqual({ path: "/manifests" });
  expect(placeOf("VirtualMachine/web-01 sync")).toEqual({ resource: "VirtualMachine/web-01" });
  expect([placeOf("Node/atlas sync"), placeOf("Threshold/hot sync"), placeOf("ticket 01a2")]).toEqual([{ open: "node/atlas" }, { path: "/manifests" }, { path: "/tasks" }]);
  expect([placeOf("nodes status"), placeOf("issues"), placeOf("services")]).toEqual([{ path: "/nodes" }, { path: "/runbooks" }, { path: "/services" }]);
  expect(placeOf("javascript:alert(1)")).toBe(null);
});

test("money and minds in words", () => {
  expect([0, 12, 1234, 410_000, 2_000_000].map(dollars)).toEqual(["$0.00", "under $0.0001", "$0.0012", "$0.41", "$2.00"]);
  const mind = { name: "qwen", local: true, reason: "", promptTokens: 1240, outputTokens: 86, microDollars: 0 };
  expect(spentOn(mind)).toBe("1,240 tokens read, 86 written, in the house, free of charge.");
  expect(spentOn({ ...mind, local: false, microDollars: 4200 })).toBe("1,240 tokens read, 86 written, $0.0042.");
  expect(spentOn({ ...mind, name: "built-in" })).toMatch(/nothing was spent/);
  expect(briefly('{"vmid":101,"names":["a"]}')).toBe('vmid 101, names ["a"]');
});

test("examples are drawn from how it stands", () => {
  const guests = new Map([[1, guest(1, { name: "web", resource: "VirtualMachine/web" })], [2, guest(2, { name: "lab", status: "STOPPED" })]]);
  expect(examplesOf(guests, [])).toEqual(["How is the cluster?", "Start lab", "Keep web running"]);
  expect(examplesOf(guests, [issue("VirtualMachine/web")])).toEqual(["Why is web not well?", "Start lab", "What did you fix yesterday?"]);
  expect(examplesOf(new Map(), undefined)[1]).toBe("Which guests are stopped?");
});
