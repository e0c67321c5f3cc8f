// What is said, as the page shows it: plain text in paragraphs and lists, facts as links, minds and money in words.
import type { Guest, Issue, Mind } from "../api/types";
import { nameOf } from "./format";

/** A paragraph, or a list. Nothing else has a meaning: no link, no picture, no markup. */
export type Block = { text: string } | { items: readonly string[] };

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let items: string[] = [];
  let lines: string[] = [];
  const close = () => {
    if (lines.length > 0) blocks.push({ text: lines.join("\n") });
    if (items.length > 0) blocks.push({ items });
    lines = [];
    items = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("- ")) {
      if (lines.length > 0) close();
      items.push(line.slice(2));
    } else if (line.trim() === "") close();
    else {
      if (items.length > 0) close();
      lines.push(line);
    }
  }
  close();
  return blocks;
}

/** Where on the page a fact can be looked at: what to open, or a page; null when it is nowhere. */
export type Place = { open: string } | { path: string } | { resource: string } | null;

export function placeOf(source: string): Place {
  const guest = /^guest[/ ](\d+)\b/.exec(source)?.[1];
  if (guest) return { open: `guest/${guest}` };
  const node = /^node[/ ]([\w.-]+)/.exec(source)?.[1];
  if (node) return { open: `node/${node}` };
  const event = /^(?:event|record)[/ ](\d+)\b/.exec(source)?.[1];
  if (event) return { open: `event/${event}` };
  const declared = /^(?:VirtualMachine|Container)\/[\w.-]+/.exec(source)?.[0];
  if (declared) return { resource: declared };
  const host = /^Node\/([\w.-]+)/.exec(source)?.[1];
  if (host) return { open: `node/${host}` };
  if (/^(?:ticket|intent|task)\b/.test(source)) return { path: "/tasks" };
  if (/^Service\//.test(source)) return { path: "/services" };
  if (/^(?:revision|manifest|proposal)\b|^[A-Z][A-Za-z]+\//.test(source)) return { path: "/manifests" };
  if (/^storage\b/.test(source)) return { path: "/storage" };
  if (/^(?:service|quorum)\b/.test(source)) return { path: "/services" };
  if (/^(?:plan|decision)\b/.test(source)) return { path: "/plan" };
  if (/^(?:issue|policy|runbook)\b/.test(source)) return { path: "/runbooks" };
  return null;
}

/** "$0.41"; what is below a cent with as many places as it takes to see it. */
export function dollars(micro: number): string {
  const value = micro / 1e6;
  if (micro === 0) return "$0.00";
  if (value >= 0.01) return `$${value.toFixed(2)}`;
  return micro < 100 ? "under $0.0001" : `$${value.toFixed(4)}`;
}

export const BUILT_IN = "built-in";

/** Who answered, as it is shown. */
export const mindName = (mind: Mind): string => (mind.name === BUILT_IN ? "built-in voice" : mind.name);

/** What an answer took: "1,240 tokens read, 86 written, $0.0042". */
export function spentOn({ name, promptTokens, outputTokens, microDollars, local }: Mind): string {
  if (name === BUILT_IN) return "No model was asked; nothing was spent.";
  const tokens = `${count(promptTokens)} tokens read, ${count(outputTokens)} written`;
  return `${tokens}, ${local ? "in the house, free of charge" : dollars(microDollars)}.`;
}

const count = (value: number): string => value.toLocaleString("en-GB");

/** Three things to ask, drawn from how it stands now. */
export function examplesOf(guests: ReadonlyMap<number, Guest>, issues: readonly Issue[] | undefined): [string, string, string] {
  const list = [...guests.values()].filter((guest) => !guest.protected && !guest.template && guest.name);
  const stopped = list.find((guest) => guest.status === "STOPPED");
  const running = list.find((guest) => guest.status === "RUNNING" && guest.resource);
  const issue = issues?.find((one) => !one.healthySince) ?? issues?.[0];
  return [
    issue ? `Why is ${nameOf(issue.resource)} not well?` : "How is the cluster?",
    stopped ? `Start ${stopped.name}` : "Which guests are stopped?",
    issue || !running ? "What did you fix yesterday?" : `Keep ${running.name} running`,
  ];
}

/** A tool's arguments in a line: `vmid 101, lines 20`. */
export function briefly(json: string): string {
  try {
    const read: unknown = JSON.parse(json);
    if (typeof read !== "object" || read === null) return "";
    return Object.entries(read).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join(", ");
  } catch {
    return json;
  }
}
