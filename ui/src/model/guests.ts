// The guest list: filter, order and grouping. Built for 10,000 of them.
import type { Guest, Resource } from "../api/types";
import { percent, share, span } from "./format";
import { type Shape, type State, URGENCY, ofGuest } from "./status";
import { beyond } from "./thresholds";

export type SortKey = "problems" | "vmid" | "name" | "node" | "cpu" | "memory" | "uptime";
export type GroupKey = "none" | "node" | "state" | "strategy";

export interface GuestRow {
  guest: Guest;
  resource: Resource | undefined;
  /** All that its state was judged by. */
  thresholds: readonly Resource[];
  shape: Shape;
  word: string;
  /** What the filter looks at, once it has looked. */
  text?: string;
}

/** A row, or the heading of a group. */
export type Line = GuestRow | { heading: string; count: number };

type Thresholds = readonly Resource[];

/** The state of a guest; one that is well and beyond a limit says so. */
function stateOf(guest: Guest, resource: Resource | undefined, thresholds: Thresholds): State {
  const state = ofGuest(guest, resource);
  const passed = state.shape === "ok" ? beyond(guest, resource, thresholds) : null;
  return passed ? { shape: "warn", word: passed } : state;
}

const NO_THRESHOLDS: Thresholds = [];

/** "vm/101 web-01", as a person calls it. */
export const titleOf = (guest: Guest): string => `${guest.kind === "LXC" ? "ct" : "vm"}/${guest.vmid} ${guest.name ?? ""}`.trim();

/** The rows of all guests; of those before, given in the same order, what still holds is kept. */
export function rowsOf(
  guests: ReadonlyMap<number, Guest>,
  resources: ReadonlyMap<string, Resource>,
  thresholds = NO_THRESHOLDS,
  before: readonly GuestRow[] = [],
): GuestRow[] {
  const rows: GuestRow[] = [];
  for (const guest of guests.values()) {
    const resource = guest.resource ? resources.get(guest.resource) : undefined;
    const old = before[rows.length];
    rows.push(old?.guest.vmid === guest.vmid ? renewed(old, guest, resource, thresholds) : rowOf(guest, resource, thresholds));
  }
  return rows;
}

function rowOf(guest: Guest, resource: Resource | undefined, thresholds: Thresholds): GuestRow {
  const { shape, word } = stateOf(guest, resource, thresholds);
  return { guest, resource, thresholds, shape, word };
}

function renewed(old: GuestRow, guest: Guest, resource: Resource | undefined, thresholds: Thresholds): GuestRow {
  if (old.guest === guest && old.resource === resource && old.thresholds === thresholds) return old;
  const row = rowOf(guest, resource, thresholds);
  const { name, node, tags } = old.guest;
  if (old.text && row.word === old.word && guest.name === name && guest.node === node && guest.tags === tags) row.text = old.text;
  return row;
}

/** Every word of the filter must be found; `node:atlas`, `state:stopped`, `tag:web` and `is:vm` narrow down. */
export function filtered(rows: readonly GuestRow[], filter: string): readonly GuestRow[] {
  const tests = filter.trim().toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return tests.length === 0 ? rows : rows.filter((row) => tests.every((fits) => fits(row)));
}

function textOf(row: GuestRow): string {
  const { guest, word } = row;
  row.text ??= [guest.vmid, guest.name ?? "", guest.node, word, guest.tags.join(" "), guest.kind === "LXC" ? "ct" : "vm"].join(" ").toLowerCase();
  return row.text;
}

function testOf(part: string): (row: GuestRow) => boolean {
  const colon = part.indexOf(":");
  const value = part.slice(colon + 1);
  switch (colon < 0 ? "" : part.slice(0, colon)) {
    case "node": return ({ guest }) => guest.node.toLowerCase().startsWith(value);
    case "state": return ({ word }) => word.startsWith(value);
    case "tag": return ({ guest }) => guest.tags.some((tag) => tag.toLowerCase() === value);
    case "is": return ({ guest }) => value === (guest.kind === "LXC" ? "ct" : "vm") || (value === "protected" && guest.protected);
    default: return (row) => textOf(row).includes(part);
  }
}

const by = (pick: (row: GuestRow) => number) => (a: GuestRow, b: GuestRow) => pick(a) - pick(b) || a.guest.vmid - b.guest.vmid;
const byText = (pick: (row: GuestRow) => string) => (a: GuestRow, b: GuestRow) => {
  const [left, right] = [pick(a), pick(b)];
  return left < right ? -1 : left > right ? 1 : a.guest.vmid - b.guest.vmid;
};

const ORDER: { [key in SortKey]: (a: GuestRow, b: GuestRow) => number } = {
  problems: by((row) => (URGENCY[row.shape] < 4 ? URGENCY[row.shape] : 4)),
  vmid: by((row) => row.guest.vmid),
  name: byText((row) => row.guest.name ?? "\uffff"),
  node: byText((row) => row.guest.node),
  cpu: by((row) => -(row.guest.usage.cpu ?? -1)),
  memory: by((row) => -(row.guest.usage.memBytes ?? -1)),
  uptime: by((row) => -(row.guest.uptimeSeconds ?? -1)),
};

export function sorted(rows: readonly GuestRow[], key: SortKey, descending = false): GuestRow[] {
  const list = [...rows].sort(ORDER[key]);
  return descending ? list.reverse() : list;
}

/** The rows as they are now, in the order in which they stood. */
export function inOrderOf(before: readonly GuestRow[], now: readonly GuestRow[]): readonly GuestRow[] {
  const left = new Map(now.map((row) => [row.guest.vmid, row]));
  const ordered: GuestRow[] = [];
  for (const { guest } of before) {
    const row = left.get(guest.vmid);
    if (row && left.delete(guest.vmid)) ordered.push(row);
  }
  return [...ordered, ...left.values()];
}

const GROUP: { [key in Exclude<GroupKey, "none">]: (row: GuestRow) => string } = {
  node: (row) => row.guest.node,
  state: (row) => row.word,
  strategy: (row) => row.guest.runStrategy?.toLowerCase().replaceAll("_", " ") ?? "not declared",
};

export function grouped(rows: readonly GuestRow[], key: GroupKey): readonly Line[] {
  if (key === "none") return rows;
  const groups = new Map<string, GuestRow[]>();
  for (const row of rows) {
    const name = GROUP[key](row);
    const members = groups.get(name);
    if (members) members.push(row);
    else groups.set(name, [row]);
  }
  return [...groups.keys()].sort().flatMap((heading) => {
    const members = groups.get(heading) ?? [];
    return [{ heading, count: members.length }, ...members];
  });
}

/** Where a step through the lines leads, over the headings; -1 where no guest stands. */
export function stepped(lines: readonly Line[], from: number, step: number): number {
  const way = Math.sign(step);
  const isHeading = (at: number) => "heading" in (lines[at] ?? {});
  let at = Math.min(Math.max(from + step, 0), lines.length - 1);
  while (isHeading(at)) at += way;
  if (at < 0) at -= way;
  while (isHeading(at)) at -= way;
  return lines[at] ? at : -1;
}

const SHOWN = ["vmid", "name", "kind", "node", "status", "unknownReason", "protected", "template", "runStrategy"] as const;

/** Whether two lines would be drawn alike, and act alike. */
export function saysTheSame(a: Line, b: Line, full: boolean): boolean {
  if ("heading" in a || "heading" in b) return "heading" in a && "heading" in b && a.heading === b.heading && a.count === b.count;
  if (a.shape !== b.shape || a.word !== b.word) return false;
  const [old, now] = [a.guest, b.guest];
  if (old === now) return true;
  const figures = ({ usage, uptimeSeconds }: Guest) => [percent(usage.cpu), percent(share(usage.memBytes, usage.maxMemBytes)), span(uptimeSeconds)];
  const shown = full ? figures(now) : [];
  return SHOWN.every((key) => old[key] === now[key]) && (!full || figures(old).every((figure, at) => figure === shown[at]));
}
