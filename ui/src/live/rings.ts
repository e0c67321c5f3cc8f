// The last samples of each node, outside of React: charts read them when they draw.
import type { Guest, Node } from "../api/types";
import type { GuestFigures } from "../model/figures";

const NODE_LENGTH = 300;
const GUEST_LENGTH = 60;
/** Above so many guests only the lines in sight are kept: the others would be megabytes that nobody sees. */
const GUEST_LIMIT = 400;
/** So many of those that went out of sight keep theirs, for who scrolls back. */
const UNSEEN_LIMIT = 200;

/** With so many samples of its own a line has hardly begun. */
const BEGUN = 5;

/** A ring of numbers with a fixed size. */
export class Ring {
  readonly #values: Float32Array;
  #next = 0;
  #count = 0;

  constructor(length = NODE_LENGTH) {
    this.#values = new Float32Array(length);
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  /** The latest `count` values, oldest first. */
  latest(count: number): number[] {
    const length = this.#values.length;
    const size = Math.min(count, this.#count);
    const values: number[] = [];
    for (let at = 0; at < size; at += 1) {
      values.push(this.#values[(this.#next - size + at + length) % length] ?? 0);
    }
    return values;
  }

  get size(): number {
    return this.#count;
  }
}

interface Series {
  ring: Ring;
  seenAt: string | null;
  /** What the server kept of it was asked for. */
  isAsked: boolean;
}

const series = new Map<string, Series>();
const listeners = new Set<() => void>();

/** The ring of one key, such as `node/atlas/cpu`. */
export function ringOf(key: string): Ring {
  return entry(key).ring;
}

function entry(key: string): Series {
  const known = series.get(key);
  if (known) return known;
  const made = { ring: new Ring(key.startsWith("guest/") ? GUEST_LENGTH : NODE_LENGTH), seenAt: null, isAsked: false };
  series.set(key, made);
  return made;
}

/** Puts what the server kept in front of what this page has seen; only into a ring that has hardly begun. */
export function seed(key: string, values: readonly number[]): void {
  const { ring } = entry(key);
  if (ring.size > BEGUN) return;
  const seen = ring.latest(BEGUN);
  for (const value of [...values, ...seen]) ring.push(value);
  for (const listener of listeners) listener();
}

/** How many drawings show a key. */
const watched = new Map<string, number>();
let fresh: string[] = [];
let whenFresh: ((keys: string[]) => void) | undefined;

/** Says that a drawing shows this key, until the returned function is called. */
export function watch(key: string): () => void {
  watched.set(key, (watched.get(key) ?? 0) + 1);
  const { isAsked, ring } = entry(key);
  if (!isAsked && ring.size <= BEGUN) {
    if (fresh.length === 0) setTimeout(askForFresh, 200);
    fresh.push(key);
  }
  return () => {
    const left = (watched.get(key) ?? 1) - 1;
    if (left > 0) watched.set(key, left);
    else watched.delete(key);
  };
}

/** What was only scrolled past is not asked for. */
function askForFresh(): void {
  const keys = [...new Set(fresh.splice(0))].filter((key) => watched.has(key));
  for (const key of keys) entry(key).isAsked = true;
  whenFresh?.(keys);
}

/** Calls `take` with keys that came into sight and of which only this page's samples are known. */
export function onFresh(take: (keys: string[]) => void): void {
  whenFresh = take;
}

/** Takes the samples of guests, of all of them while they are few enough, and forgets those that are gone. */
export function sampleGuests(guests: ReadonlyMap<number, Guest>, figures: GuestFigures): void {
  const isMany = guests.size > GUEST_LIMIT;
  for (const guest of isMany ? inSight(guests) : guests.values()) {
    const { vmid, unknownReason, status } = guest;
    const cpu = unknownReason ? null : figures.get(vmid, "cpu");
    if (cpu !== null) take(`guest/${vmid}/cpu`, status === "RUNNING" ? cpu : 0, figures.seenAt(vmid));
  }
  let unseen = 0;
  for (const key of [...series.keys()].reverse()) {
    if (!key.startsWith("guest/")) continue;
    const isKept = guests.has(numberIn(key)) && (!isMany || watched.has(key) || (unseen += 1) <= UNSEEN_LIMIT);
    if (!isKept) series.delete(key);
  }
}

const numberIn = (key: string): number => Number(key.split("/")[1]);

function* inSight(guests: ReadonlyMap<number, Guest>): Generator<Guest> {
  for (const key of watched.keys()) {
    const guest = key.startsWith("guest/") ? guests.get(numberIn(key)) : undefined;
    if (guest) yield guest;
  }
}

let hasSamples = false;

/** Takes the samples of nodes; one that was seen at the same moment as before is no new sample. */
export function sample(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.unknownReason || node.usage.cpu === null || node.usage.cpu === undefined) continue;
    take(`node/${node.name}/cpu`, node.usage.cpu, node.seenAt);
    const { memBytes, maxMemBytes } = node.usage;
    if (memBytes && maxMemBytes) take(`node/${node.name}/memory`, memBytes / maxMemBytes, node.seenAt);
    if (node.host?.temperature) take(`node/${node.name}/temperature`, node.host.temperature, node.host.seenAt);
  }
  hasSamples ||= nodes.length > 0;
}

/** Has the lines drawn that have new samples. Not at once: the frame that shows new figures is long enough without them. */
export function drawLines(): void {
  if (!hasSamples) return;
  hasSamples = false;
  for (const listener of listeners) listener();
}

function take(key: string, value: number, seenAt: string | null | undefined): void {
  const into = entry(key);
  if (seenAt && into.seenAt === seenAt) return;
  into.seenAt = seenAt ?? null;
  into.ring.push(value);
}

/** Calls `listener` when lines are to be drawn. */
export function onSamples(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
