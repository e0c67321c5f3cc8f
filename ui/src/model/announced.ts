// What Jarvis says a minute before it does it: a guest that a person stopped against its manifest is started, unless it is held.
import type { Freeze, Issue, Resource } from "../api/types";

/** So long before it starts a guest the server announces that; `ANNOUNCE` of its planner. */
const NOTICE_SECONDS = 60;

/** A guest that is started at a time of the server, in milliseconds. */
export interface Start {
  issue: Issue;
  at: number;
}

/** What is announced and still to come. What is held, well again or beyond Jarvis is not started, and nothing is while autonomy is stopped. */
export function announced(issues: readonly Issue[], resources: ReadonlyMap<string, Resource>, freeze: Freeze | null, now: number): Start[] {
  if (freeze && freeze.state !== "OFF") return [];
  return issues.flatMap((issue) => {
    if (!issue.announcedAt || issue.healthySince || issue.escalatedAt || resources.get(issue.resource)?.hold) return [];
    const at = Date.parse(issue.announcedAt) + NOTICE_SECONDS * 1000;
    return now < at ? [{ issue, at }] : [];
  });
}
