import { expect, test } from "vitest";
import { applyRecords, applyUpdates } from "../../src/live/apply";
import { empty, FEED_LIMIT, PASS_LIMIT, type State } from "../../src/live/state";
import { delta, guest, loop, node, record, snapshot } from "./make";

const after = (...updates: Parameters<typeof applyUpdates>[1]): State => ({ ...empty, ...applyUpdates(empty, updates, 0).state });

test("a snapshot and its deltas make the picture", () => {
  const state = after(
    snapshot(0, { guests: [guest(100), guest(101)], nodes: [node("atlas")] }),
    delta(1, { guests: [guest(101, { status: "STOPPED" }), guest(102)] }),
    delta(2, { removedGuests: [100] }),
  );
  expect([...state.guests.keys()]).toEqual([101, 102]);
  expect(state.guests.get(101)?.status).toBe("STOPPED");
  expect(state.seq).toBe(2);
});

test("a lost item asks for a fresh picture instead of showing a wrong one", () => {
  const state = after(snapshot(0, { guests: [guest(100)] }));
  const applied = applyUpdates(state, [delta(2, { removedGuests: [100] })], 0);
  expect(applied.gap).toBe(true);
  expect(applied.state).toEqual({});
});

test("a snapshot replaces everything: what is gone is gone, nothing stands twice", () => {
  const state = after(snapshot(0, { guests: [guest(100), guest(101)] }));
  const next = applyUpdates(state, [snapshot(0, { guests: [guest(101)] })], 0).state;
  expect([...(next.guests?.keys() ?? [])]).toEqual([101]);
});

test("after a resync deltas wait for the snapshot that follows", () => {
  const state = after(snapshot(0, { guests: [guest(100)] }));
  const resync = { ...delta(1), delta: null, resync: true };
  const applied = applyUpdates(state, [resync, delta(2, { guests: [guest(999)] }), snapshot(3, { guests: [guest(101)] })], 0);
  expect([...(applied.state.guests?.keys() ?? [])]).toEqual([101]);
});

test("parts that did not change keep their identity, so that nothing redraws for them", () => {
  const state = after(snapshot(0, { guests: [guest(100)], nodes: [node("atlas")] }));
  const next = applyUpdates(state, [delta(1, { nodes: [node("atlas")] })], 0).state;
  expect(next.guests).toBe(state.guests);
  expect(next.nodes).not.toBe(state.nodes);
});

test("passes are kept to a limit and each once", () => {
  const pass = (at: number) => loop({ lastPassAt: new Date(at * 1000).toISOString(), lastPassMillis: at });
  const deltas = Array.from({ length: 200 }, (_, at) => delta(at + 1, { loop: pass(Math.floor(at / 2)) }));
  const state = after(snapshot(0), ...deltas);
  expect(state.passes.length).toBe(PASS_LIMIT);
  expect(new Set(state.passes.map((pass) => pass.at)).size).toBe(PASS_LIMIT);
});

test("records come once, newest first, to a limit", () => {
  let state: State = { ...empty, head: 5, feed: [record(5)] };
  state = { ...state, ...applyRecords(state, [record(5), record(6), record(6), record(7, { feed: false })]) };
  expect(state.feed.map((one) => one.seq)).toEqual([6, 5]);
  expect(state.head).toBe(7);
  const many = Array.from({ length: 2000 }, (_, at) => record(8 + at));
  expect(applyRecords(state, many).feed?.length).toBe(FEED_LIMIT);
});
