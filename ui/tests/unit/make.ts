// Things as the API sends them, for tests.
import type { Freeze, Issue, Loop, Node, Plan, Quorum, Record, Resource, ToldGuest } from "../../src/api/types";
import type { ClusterUpdate } from "../../src/live/apply";

const usage = { cpu: 0.1, maxCpu: 4, memBytes: 1e9, maxMemBytes: 4e9, diskBytes: 1e10, maxDiskBytes: 4e10 };
const SEEN = "2026-11-29T10:00:00Z";

export const guest = (vmid: number, change: Partial<ToldGuest> = {}): ToldGuest => ({
  vmid, name: `guest-${vmid}`, kind: "QEMU", node: "atlas", status: "RUNNING", statusWord: "running", seenAt: SEEN,
  protected: false, template: false, tags: [], uptimeSeconds: 100, usage, unknownReason: null, haState: null, lock: null,
  ready: null, resource: null, runStrategy: null, runningTask: null, stopCause: null, identity: null, ...change,
});
export const node = (name: string, change: Partial<Node> = {}): Node => ({
  name, status: "ONLINE", seenAt: SEEN, guests: 1, guestsRunning: 1, protected: false, votes: 1,
  uptimeSeconds: 100, usage, unknownReason: null, meantAway: null, apiAnswers: null, haState: null, ip: null, resource: null,
  returnedAt: null, host: null, ...change,
});
export const resource = (key: string, change: Partial<Resource> = {}): Resource => ({
  key, kind: "VIRTUAL_MACHINE", name: key.split("/")[1] ?? key, labels: [], spec: {}, hold: null,
  status: {
    sync: "SYNCED", health: "HEALTHY", since: null, observedRevision: "c",
    headline: { type: "READY", reason: "Running", message: "running, as declared" }, conditions: [],
  },
  ...change,
});
export const record = (seq: number, change: Partial<Record> = {}): Record => ({
  seq, at: SEEN, severity: "INFO", name: "issueOpened", title: `record ${seq}`, audit: true, feed: true,
  detail: null, resource: null, ...change,
});
export const issue = (key: string, change: Partial<Issue> = {}): Issue => ({
  key: `${key}#guestDown`, kind: "GUEST_DOWN", resource: key, summary: "it stopped", attemptsLeft: 3, openedAt: SEEN,
  escalatedAt: null, healthySince: null, announcedAt: null, lastOutcome: null, ...change,
});
export const plan = (change: Partial<Plan> = {}): Plan => ({
  at: SEEN, digest: "d", revision: "c08e2b3732bb", inSync: true, decisionCount: 0, decisions: [], report: [], wakeAt: null,
  ...change,
});

type Snapshot = NonNullable<ClusterUpdate["snapshot"]>;
type Delta = NonNullable<ClusterUpdate["delta"]>;
export const loop = (change: Partial<Loop> = {}): Loop => ({
  ready: true, epoch: 1, lastPassAt: SEEN, lastLookAt: SEEN, lastPassMillis: 2, actingStopped: null, lastFetchAt: null,
  lookFailure: null, ...change,
});
export const quorum = (change: Partial<Quorum> = {}): Quorum => ({
  quorate: true, onlineVotes: 4, neededVotes: 3, expectedVotes: 4, agreeing: 2, seenAt: SEEN, unknownReason: null, ...change,
});
export const freeze = (state: Freeze["state"]): Freeze => ({ state, scope: null, by: null, reason: null, since: null, until: null });

export const snapshot = (seq: number, parts: Partial<Snapshot> = {}): ClusterUpdate => ({
  seq, at: SEEN, resync: false, version: seq, delta: null,
  snapshot: { nodes: [], guests: [], storages: [], resources: [], quorum: quorum(), freeze: freeze("OFF"), loop: loop(), ...parts },
});
export const delta = (seq: number, parts: Partial<Delta> = {}): ClusterUpdate => ({
  seq, at: SEEN, resync: false, version: seq, snapshot: null,
  delta: { nodes: [], guests: [], storages: [], resources: [], removedNodes: [], removedGuests: [], removedStorages: [], removedResources: [],
    figures: [],
    quorum: null, freeze: null, loop: null, ...parts },
});
