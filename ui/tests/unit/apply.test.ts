import { expect, test } from "vitest";
import { applyRecords, applyUpdates, hurryOf } from "../../src/live/apply";
import { empty, FEED_LIMIT, PASS_LIMIT, type State } from "../../src/live/state";
import { delta, freeze, guest, loop, node, quorum, record, snapshot } from "./make";

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
  expect(next.layout ?? state.layout).toBe(state.layout);
  expect(applyUpdates(state, [delta(1, { nodes: [node("atlas", { resource: "Node/atlas" })] })], 0).state.layout).toBeDefined();
  expect(applyUpdates(state, [delta(1, { removedGuests: [100] })], 0).state.layout).toBeDefined();
  expect(next.nodes).not.toBe(state.nodes);
});

test("figures come as columns: what is left out stays as it was, who is not known is passed over", () => {
  const state = after(snapshot(0, { guests: [guest(100), guest(101)] }));
  const seenAt = "2026-11-29T10:00:03Z";
  const figures = { seenAt, vmids: [101, 999, 100], uptimeSeconds: [103, 1, null], cpu: [0.5, 1, 0], maxCpu: null, memBytes: [2e9, 1, 3e9], maxMemBytes: null, diskBytes: null, maxDiskBytes: null };
  const next = { ...state, ...applyUpdates(state, [delta(1, { figures: [figures] })], 0).state };
  expect(next.guests).toBe(state.guests);
  const before = { ...guest(0).usage, uptimeSeconds: guest(0).uptimeSeconds };
  expect([100, 101, 999].map((vmid) => state.figures.of(vmid).cpu)).toEqual([before.cpu, before.cpu, null]);
  expect(next.figures.of(101)).toEqual({ ...before, uptimeSeconds: 103, cpu: 0.5, memBytes: 2e9 });
  expect(next.figures.of(100)).toEqual({ ...before, uptimeSeconds: null, cpu: 0, memBytes: 3e9 });
  expect([next.figures.seenAt(100), next.figures.seenAt(999)]).toEqual([seenAt, null]);
});

test("figures stay with their guest when others come and go", () => {
  const cpu = (value: number) => ({ usage: { ...guest(0).usage, cpu: value } });
  const state = after(
    snapshot(0, { guests: [guest(100, cpu(0.1)), guest(101, cpu(0.2)), guest(102, cpu(0.3))] }),
    delta(1, { guests: [guest(102, { status: "STOPPED", ...cpu(0) })] }),
    delta(2, { removedGuests: [100], guests: [guest(103, { ...cpu(0.4), uptimeSeconds: null })] }),
  );
  expect([100, 101, 102, 103].map((vmid) => state.figures.get(vmid, "cpu"))).toEqual([null, 0.2, 0, 0.4]);
  expect([102, 103].map((vmid) => state.figures.get(vmid, "uptimeSeconds"))).toEqual([100, null]);
  const seenAt = "2026-11-29T10:00:03Z";
  const unseen = guest(101, { seenAt, unknownReason: "silent" });
  expect(state.figures.withGuests([unseen]).newest([unseen, guest(102), guest(103)])).toBe(guest(102).seenAt);
  expect(state.figures.withGuests([guest(103, { seenAt })]).newest([guest(102), guest(103)])).toBe(seenAt);
  expect(state.figures.withGuests([]).withColumns([])).toBe(state.figures);
});

test("only where nothing happened may an update wait", () => {
  const figures = { seenAt: null, vmids: [100], uptimeSeconds: [1], cpu: null, maxCpu: null, memBytes: null, maxMemBytes: null, diskBytes: null, maxDiskBytes: null };
  const state = after(snapshot(0, { guests: [guest(100)], nodes: [node("atlas")] }));
  const hurry = (parts: Parameters<typeof delta>[1]) => hurryOf(state, delta(1, parts));
  expect(hurry({ loop: loop({ lastPassMillis: 9 }) })).toBe("whenever");
  expect(hurry({ nodes: [node("atlas", { uptimeSeconds: 103 })], figures: [figures], quorum: quorum({ seenAt: null }) })).toBe("second");
  expect(hurry({ figures: [figures], guests: [guest(100, { status: "STOPPED" })] })).toBe("now");
  expect(hurry({ removedGuests: [100] })).toBe("now");
  expect(hurry({ nodes: [node("atlas", { status: "OFFLINE" })] })).toBe("now");
  expect(hurry({ nodes: [node("atlas", { meantAway: "declared expected: Any" })] })).toBe("now");
  expect(hurry({ nodes: [node("forge")] })).toBe("now");
  expect(hurry({ quorum: quorum({ onlineVotes: 3 }) })).toBe("now");
  expect(hurry({ loop: loop({ lookFailure: "no answer" }) })).toBe("now");
  expect(hurry({ freeze: freeze("ON") })).toBe("now");
  expect(hurryOf(state, snapshot(1))).toBe("now");
});

test("passes are kept to a limit and each once", () => {
  const pass = (at: number) => loop({ lastPassAt: new Date(at * 1000).toISOString(), lastPassMillis: at });
  const deltas = Array.from({ length: 200 }, (_, at) => delta(at + 1, { loop: pass(Math.floor(at / 2)) }));
  const state = after(snapshot(0), ...deltas);
  expect(state.passes.length).toBe(PASS_LIMIT);
  expect(state.passes[PASS_LIMIT - 1]?.number).toBe(100); // The snapshot tells the first, 0.
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
