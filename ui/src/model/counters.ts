// What the ring, the counters and the sentence count.
import type { Issue, Resource } from "../api/types";
import { type Shape, type State, ofResource } from "./status";

export interface Segment {
  key: string;
  shape: Shape;
  word: string;
}

/**
 * One segment for each managed resource, in an order that does not move: by node where there is one, then by key.
 * A resource with an open issue needs attention even where its manifest is met, as with a passed limit.
 */
export function segmentsOf(
  resources: ReadonlyMap<string, Resource>,
  place: (key: string) => string,
  issues: readonly Issue[] = [],
): Segment[] {
  const open = new Map(issues.filter((issue) => !issue.healthySince).map((issue) => [issue.resource, issue]));
  const all = [...resources.values()].filter((resource) => resource.status ?? resource.hold);
  const sorted = all.map((resource) => ({ resource, at: `${place(resource.key)}\u0000${resource.key}` }));
  sorted.sort((a, b) => (a.at < b.at ? -1 : 1));
  return sorted.map(({ resource }) => ({ key: resource.key, ...attended(ofResource(resource), open.get(resource.key)) }));
}

function attended(state: State, issue: Issue | undefined): State {
  if (!issue || state.shape !== "ok") return state;
  return { shape: issue.escalatedAt ? "crit" : "warn", word: issue.summary };
}

export interface Counters {
  total: number;
  inSync: number;
  drifting: number;
  acting: number;
  noData: number;
  failed: number;
  suspended: number;
}

export function countersOf(segments: readonly Segment[]): Counters {
  const of = (shape: Shape) => segments.filter((segment) => segment.shape === shape).length;
  return {
    total: segments.length, inSync: of("ok"), drifting: of("warn"), acting: of("acting"), noData: of("unknown"),
    failed: of("crit"), suspended: of("off"),
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
