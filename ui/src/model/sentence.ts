// The one sentence, by template: instant, free, and it cannot be wrong. Precedence: link, quorum, frozen, failed,
// escalated, acting, drifting, no data, waiting for you, all well.
import type { Alert, Freeze, Issue, Plan, Quorum } from "../api/types";
import type { LinkState } from "../live/state";
import type { Counters } from "./counters";
import { clock, hourMinute, many, nameOf } from "./format";

/** Parts of the sentence; `name` ones are drawn in gold. */
export interface Said {
  parts: readonly { text: string; name?: boolean }[];
  more: string;
}

export interface Facts {
  link: LinkState;
  lastSeen: string | null;
  quorum: Quorum | null;
  freeze: Freeze | null;
  alerts: readonly Alert[];
  issues: readonly Issue[];
  counters: Counters;
  plan: Plan | null;
  /** Resources beyond a limit, not yet for long enough to count. */
  passed: readonly string[];
  ready: boolean;
  address: string;
  waiting: number;
}

export function sentence(facts: Facts): Said {
  return rules.map((rule) => rule(facts)).find((said) => said !== null) ?? allWell(facts);
}

type Rule = (facts: Facts) => Said | null;

const plain = (text: string, more = ""): Said => ({ parts: [{ text }], more });

const lost: Rule = ({ link, lastSeen }) =>
  link === "lost"
    ? plain(
        "I have lost touch.",
        lastSeen ? `This is the cluster as it was at ${clock(lastSeen)}. Nothing can be asked for until I see it again.` : "",
      )
    : null;

const notReady: Rule = ({ ready, address }) =>
  ready ? null : plain(`One moment${address}; I am looking the place over.`);

const quorumRisk: Rule = ({ quorum }) => {
  if (!quorum || quorum.unknownReason) return null;
  if (quorum.quorate === false) return plain("The cluster has lost quorum.", "No node may decide, so I only watch until enough votes are back.");
  const { onlineVotes, neededVotes } = quorum;
  if (onlineVotes === null || onlineVotes === undefined || !neededVotes || onlineVotes > neededVotes) return null;
  return plain("One more lost vote and the cluster stops deciding.", `${onlineVotes} of ${quorum.expectedVotes} votes are present and ${neededVotes} are needed.`);
};

const frozen: Rule = ({ freeze }) =>
  freeze && freeze.state !== "OFF"
    ? plain(
        "I am stopped and only watching.",
        freeze.since ? `${freeze.by ?? "Somebody"} pulled the kill switch at ${hourMinute(freeze.since)}${freeze.reason ? `: ${freeze.reason}` : "."}` : "",
      )
    : null;

const escalated: Rule = ({ issues, address }) => {
  const mine = issues.filter((issue) => issue.escalatedAt && !issue.healthySince);
  const first = mine[0];
  if (!first) return null;
  return {
    parts: [
      { text: mine.length === 1 ? `One thing is beyond me${address}. ` : `${mine.length} things are beyond me${address}, ` },
      { text: nameOf(first.resource), name: true },
      { text: mine.length === 1 ? " needs you." : " first of all." },
    ],
    more: first.summary,
  };
};

const acting: Rule = ({ issues, counters, plan, address }) => {
  const open = issues.filter((issue) => !issue.healthySince);
  const first = open[0];
  if (!first) return null;
  const name = nameOf(first.resource);
  const at = hourMinute(first.openedAt);
  // What was announced somebody stopped: it did not fall.
  const verb = first.announcedAt ? "was stopped against its manifest" : VERBS[first.kind] ?? "is not as declared";
  const last = first.announcedAt && !first.lastOutcome ? "; I start it again unless it is held." : counters.acting > 0 ? " and I am bringing it back." : ".";
  const whose = open.every((issue) => isYours(issue, plan)) ? "your" : "my";
  return {
    parts: [
      { text: open.length === 1 ? `One thing needs ${whose} attention${address}. ` : `${many(open.length, "thing")} need ${whose} attention${address}. ` },
      { text: name, name: true },
      { text: ` ${verb} at ${at}${last}` },
    ],
    more: rest(counters, open.length),
  };
};

/** A limit that no step of the plan answers is not mine to mend. */
const isYours = ({ kind, resource }: Issue, plan: Plan | null): boolean =>
  kind === "THRESHOLD_PASSED" && !plan?.decisions.some((decision) => decision.resource === resource);

const VERBS: { [kind: string]: string } = {
  GUEST_DOWN: "fell over", GUEST_UP: "was started against its manifest", GUEST_NOT_READY: "stopped answering",
  IDENTITY_CHANGED: "turned out to be a different machine", NODE_UNREACHABLE: "went silent",
  SERVICE_DOWN: "stopped", THRESHOLD_PASSED: "passed its limit",
};

function rest(counters: Counters, said: number): string {
  const out = counters.drifting + counters.acting + counters.failed;
  const lines: string[] = [];
  if (out > said) lines.push(`${many(out, "resource")} ${out === 1 ? "is" : "are"} out of step with the manifests.`);
  if (counters.noData > 0) lines.push(`${counters.noData === 1 ? "One has" : `${counters.noData} have`} gone quiet, so I leave ${counters.noData === 1 ? "it" : "them"} alone until ${counters.noData === 1 ? "it reports" : "they report"}.`);
  return lines.join(" ");
}

const drifting: Rule = ({ counters, waiting, alerts, address }) => {
  const out = counters.drifting + counters.failed;
  if (out === 0) return null;
  const first = alerts[0];
  return plain(
    out === 1 ? `One thing is not as you declared it${address}.` : `${many(out, "thing")} are not as you declared them${address}.`,
    waiting > 0 ? `${many(waiting, "step")} ${waiting === 1 ? "waits" : "wait"} for your word.` : (first?.title ?? ""),
  );
};

const alerted: Rule = ({ alerts, address }) => {
  const first = alerts[0];
  return first
    ? plain(alerts.length === 1 ? `One matter for your attention${address}.` : `${many(alerts.length, "matter")} for your attention${address}.`, first.title)
    : null;
};

const blind: Rule = ({ counters, address }) =>
  counters.noData > 0
    ? plain(`${many(counters.noData, "resource")} I cannot see at present${address}.`, "I leave alone what I cannot see.")
    : null;

const asked: Rule = ({ waiting, address }) =>
  waiting > 0 ? plain(waiting === 1 ? `One matter awaits your word${address}.` : `${waiting} matters await your word${address}.`) : null;

const recovering: Rule = ({ issues, address }) => {
  const first = issues[0];
  return first
    ? { parts: [{ text: nameOf(first.resource), name: true }, { text: ` is well again${address}. I keep an eye on it.` }], more: first.summary }
    : null;
};

const watching: Rule = ({ passed, address }) => {
  const [first] = passed;
  if (first === undefined) return null;
  const others = passed.length > 1 ? ` and ${many(passed.length - 1, "other")}` : "";
  return {
    parts: [{ text: `All quiet so far${address}. ` }, { text: nameOf(first), name: true }, { text: `${others} ${passed.length > 1 ? "are" : "is"} beyond a limit; I watch whether it lasts.` }],
    more: "",
  };
};

function allWell({ counters, plan, address }: Facts): Said {
  const revision = plan?.revision ? ` revision ${plan.revision.slice(0, 8)}` : " the manifests";
  return plain(
    `All quiet${address}. Everything is as you declared it.`,
    counters.total > 0 ? `${counters.inSync} of ${many(counters.total, "resource")} match${revision}.` : "No manifest is in force yet.",
  );
}

const rules: readonly Rule[] = [
  lost, notReady, quorumRisk, frozen, escalated, acting, drifting, alerted, blind, asked, recovering, watching,
];
