// How what arrives changes what the page knows. Pure: no clock, no network, no page.
import type { ClusterUpdatesSubscription } from "../api/generated/graphql";
import type { Loop, Node, Record } from "../api/types";
import { GuestFigures } from "../model/figures";
import { FEED_LIMIT, PASS_LIMIT, type Pass, type State } from "./state";

export type ClusterUpdate = ClusterUpdatesSubscription["clusterUpdates"];

/** What an update asks for besides the new state. */
export interface Applied {
  state: Partial<State>;
  /** An item was lost: the subscription has to begin anew. */
  gap: boolean;
  /** Nodes with a new sample. */
  sampled: readonly Node[];
}

/** Applies a batch of updates, in the order in which they came. */
export function applyUpdates(before: State, updates: readonly ClusterUpdate[], now: number): Applied {
  const draft = new Draft(before);
  for (const update of updates) {
    if (!draft.take(update)) return { state: {}, gap: true, sampled: [] };
    draft.next.skew = Date.parse(update.at) - now;
  }
  return { state: draft.next, gap: false, sampled: draft.sampled };
}

/**
 * How soon an update has to be seen: at once where something happened, within a second where figures changed, and with
 * whatever is drawn next where Jarvis looked and all is as it was.
 */
export function hurryOf(before: State, { delta }: ClusterUpdate): "now" | "second" | "whenever" {
  if (!delta || delta.freeze) return "now";
  const parts = [delta.guests, delta.resources, delta.removedGuests, delta.removedNodes, delta.removedResources, delta.removedStorages];
  if (parts.some((part) => part.length > 0)) return "now";
  const isSame =
    delta.nodes.every((node) => isAsBefore(before.nodes.get(node.name), node, ["status", "unknownReason", "meantAway", "apiAnswers", "guests", "guestsRunning", "protected"])) &&
    delta.storages.every((storage) => isAsBefore(before.storages.get(storage.id), storage, ["active", "unknownReason"])) &&
    (!delta.quorum || isAsBefore(before.quorum, delta.quorum, ["quorate", "onlineVotes", "neededVotes", "unknownReason"])) &&
    (!delta.loop || isAsBefore(before.loop, delta.loop, ["ready", "actingStopped", "lookFailure"]));
  if (!isSame) return "now";
  return delta.nodes.length + delta.storages.length + delta.figures.length > 0 ? "second" : "whenever";
}

function isAsBefore<T>(before: T | null | undefined, now: T, keys: readonly (keyof T)[]): boolean {
  return before !== null && before !== undefined && keys.every((key) => before[key] === now[key]);
}

class Draft {
  readonly next: Partial<State> = {};
  readonly sampled: Node[] = [];
  readonly #before: State;
  #seq: number;
  /** Whether there is a picture to which deltas may be added. */
  #based: boolean;

  constructor(before: State) {
    this.#before = before;
    this.#seq = before.seq;
    this.#based = before.hasSnapshot;
  }

  take(update: ClusterUpdate): boolean {
    if (update.snapshot) this.#snapshot(update.snapshot);
    else if (update.resync) this.#based = false;
    else if (update.delta) {
      if (!this.#based) return true; // the snapshot that follows says it all
      if (update.seq !== this.#seq + 1) return false;
      this.#delta(update.delta);
    }
    this.#seq = update.seq;
    this.next.seq = update.seq;
    return true;
  }

  #snapshot(all: NonNullable<ClusterUpdate["snapshot"]>): void {
    this.next.nodes = new Map(all.nodes.map((node) => [node.name, node]));
    this.next.guests = new Map(all.guests.map((guest) => [guest.vmid, guest]));
    this.next.figures = GuestFigures.none.withGuests(all.guests);
    this.next.storages = new Map(all.storages.map((storage) => [storage.id, storage]));
    this.next.resources = new Map(all.resources.map((resource) => [resource.key, resource]));
    this.next.quorum = all.quorum;
    this.next.freeze = all.freeze;
    this.#loop(all.loop);
    this.sampled.push(...all.nodes);
    this.next.layout = {};
    this.next.hasSnapshot = true;
    this.#based = true;
  }

  #delta(part: NonNullable<ClusterUpdate["delta"]>): void {
    const isPlaced = (node: Node) => isAsBefore(this.#now("nodes").get(node.name), node, ["resource"]);
    const isMoved = part.guests.length + part.removedGuests.length + part.removedNodes.length > 0 || !part.nodes.every(isPlaced);
    if (isMoved) this.next.layout = {};
    this.next.nodes = patched(this.#now("nodes"), part.nodes, (node) => node.name, part.removedNodes);
    this.next.figures = this.#now("figures").withColumns(part.figures).withGuests(part.guests, part.removedGuests);
    this.next.guests = patched(this.#now("guests"), part.guests, (guest) => guest.vmid, part.removedGuests);
    this.next.storages = patched(this.#now("storages"), part.storages, (one) => one.id, part.removedStorages);
    this.next.resources = patched(this.#now("resources"), part.resources, (one) => one.key, part.removedResources);
    if (part.quorum) this.next.quorum = part.quorum;
    if (part.freeze) this.next.freeze = part.freeze;
    if (part.loop) this.#loop(part.loop);
    this.sampled.push(...part.nodes);
  }

  #loop(loop: Loop): void {
    const before = this.#now("loop");
    this.next.loop = loop;
    if (!loop.lastPassAt || loop.lastPassAt === before?.lastPassAt) return;
    const passes = this.#now("passes");
    const number = (passes[passes.length - 1]?.number ?? -1) + 1;
    const pass: Pass = { number, at: loop.lastPassAt, millis: loop.lastPassMillis, outcome: this.#outcome(loop) };
    this.next.passes = [...passes, pass].slice(-PASS_LIMIT);
  }

  #outcome(loop: Loop): Pass["outcome"] {
    if (loop.actingStopped || loop.lookFailure) return "crit";
    const plan = this.#before.plan;
    if (!plan || plan.inSync) return "ok";
    return plan.decisions.some((decision) => decision.verdict.kind === "PERMIT") ? "info" : "warn";
  }

  #now<K extends keyof State>(key: K): State[K] {
    return (this.next as State)[key] ?? this.#before[key];
  }
}

function patched<K, V>(
  old: ReadonlyMap<K, V>,
  changed: readonly V[],
  key: (value: V) => K,
  removed: readonly K[],
): ReadonlyMap<K, V> {
  if (changed.length === 0 && removed.length === 0) return old;
  const map = new Map(old);
  for (const gone of removed) map.delete(gone);
  for (const value of changed) map.set(key(value), value);
  return map;
}

/** Puts records on top of the feed; one that is there already is left out. */
export function applyRecords(before: State, records: readonly Record[]): Partial<State> {
  let head = before.head;
  const fresh: Record[] = [];
  for (const record of records) {
    if (record.seq <= head) continue;
    head = record.seq;
    if (record.feed) fresh.unshift(record);
  }
  if (head === before.head) return {};
  return { head, feed: [...fresh, ...before.feed].slice(0, FEED_LIMIT) };
}
