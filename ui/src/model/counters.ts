// What the ring, the counters and the sentence count.
import type { Guest, Issue, Node, Resource } from "../api/types";
import { kindOf } from "./format";
import { type Shape, type State, ofResource } from "./status";

export interface Segment {
  key: string;
  shape: Shape;
  word: string;
  /** It is as declared and has an open issue all the same, such as a passed limit. */
  unwell?: boolean;
}

export type Places = ReadonlyMap<string, string>;

/** On which node each resource is; the same map as before while none of them moved. */
export function placesOf(before: Places | undefined, guests: ReadonlyMap<number, Guest>, nodes: ReadonlyMap<string, Node>): Places {
  let count = 0;
  let isSame = before !== undefined;
  each(guests, nodes, (resource, place) => {
    count += 1;
    isSame &&= before?.get(resource) === place;
  });
  if (before && isSame && before.size === count) return before;
  const places = new Map<string, string>();
  each(guests, nodes, (resource, place) => places.set(resource, place));
  return places;
}

function each(guests: ReadonlyMap<number, Guest>, nodes: ReadonlyMap<string, Node>, take: (resource: string, place: string) => void): void {
  for (const { resource, node } of guests.values()) if (resource) take(resource, node);
  for (const { resource, name } of nodes.values()) if (resource) take(resource, name);
}

export interface Order {
  places: Places;
  keys: readonly string[];
}

/** All resources in an order that does not move: by node where there is one, then by key. */
export function orderOf(before: Order | undefined, resources: ReadonlyMap<string, Resource>, places: Places): Order {
  if (before?.places === places && before.keys.length === resources.size && before.keys.every((key) => resources.has(key))) return before;
  const all = [...resources.keys()].map((key) => ({ key, at: `${places.get(key) ?? `~${kindOf(key)}`}\u0000${key}` }));
  all.sort((a, b) => (a.at < b.at ? -1 : 1));
  return { places, keys: all.map(({ key }) => key) };
}

/**
 * One segment for each managed resource. One with an open issue needs attention even where its manifest is met, as with a
 * passed limit.
 */
export function segmentsOf({ keys }: Order, resources: ReadonlyMap<string, Resource>, issues: readonly Issue[] = []): Segment[] {
  const open = new Map(issues.filter((issue) => !issue.healthySince).map((issue) => [issue.resource, issue]));
  const segments: Segment[] = [];
  for (const key of keys) {
    const resource = resources.get(key);
    if (resource?.status || resource?.hold) segments.push({ key, ...attended(ofResource(resource), open.get(key)) });
  }
  return segments;
}

function attended(state: State, issue: Issue | undefined): State & { unwell?: boolean } {
  if (!issue || state.shape !== "ok") return state;
  return { shape: issue.escalatedAt ? "crit" : "warn", word: issue.summary, unwell: true };
}

export interface Counters {
  total: number;
  inSync: number;
  drifting: number;
  unwell: number;
  acting: number;
  noData: number;
  failed: number;
  suspended: number;
}

export function countersOf(segments: readonly Segment[]): Counters {
  const count: { [shape in Shape]: number } = { ok: 0, warn: 0, acting: 0, unknown: 0, crit: 0, off: 0, refused: 0 };
  for (const { shape } of segments) count[shape] += 1;
  const unwell = segments.filter((one) => one.unwell && one.shape === "warn").length;
  return {
    total: segments.length, inSync: count.ok, drifting: count.warn - unwell, unwell, acting: count.acting, noData: count.unknown,
    failed: count.crit, suspended: count.off,
  };
}

/** Above so many segments they are drawn as groups. */
export const SEGMENT_LIMIT = 96;

/** Groups of neighbours, each as urgent as its most urgent member. */
export function grouped(segments: readonly Segment[], limit = SEGMENT_LIMIT): Segment[] {
  if (segments.length <= limit) return [...segments];
  const size = Math.ceil(segments.length / limit);
  const groups: Segment[] = [];
  for (let at = 0; at < segments.length; at += size) {
    const members = segments.slice(at, at + size);
    const worst = members.find((one) => one.shape === "crit") ?? members.find((one) => one.shape !== "ok");
    const first = members[0];
    if (first) groups.push({ key: `${first.key} and ${members.length - 1} more`, shape: worst?.shape ?? "ok", word: worst?.word ?? "in sync" });
  }
  return groups;
}
