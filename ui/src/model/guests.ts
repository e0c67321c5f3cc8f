// The guest list: filter, order and grouping. Built for 10,000 of them.
import type { Guest, Resource } from "../api/types";
import { type Column, GuestFigures } from "./figures";
import { type Shape, type State, URGENCY, ofGuest } from "./status";
import { beyond } from "./thresholds";

export type SortKey = "problems" | "vmid" | "name" | "node" | "cpu" | "memory" | "uptime";
export type GroupKey = "none" | "node" | "state" | "strategy";

export interface GuestRow {
  guest: Guest;
  resource: Resource | undefined;
  /** All that its state was judged by. */
  thresholds: readonly Resource[];
  /** How it stands by itself: the word is another where it is well and beyond a limit. */
  state: State;
  shape: Shape;
  word: string;
  /** What the filter looks at, once it has looked. */
  text?: string;
}

/** A row, or the heading of a group. */
export type Line = GuestRow | { heading: string; count: number };

type Thresholds = readonly Resource[];

const NO_THRESHOLDS: Thresholds = [];

/** "vm/101 web-01", as a person calls it. */
export const titleOf = (guest: Guest): string => `${guest.kind === "LXC" ? "ct" : "vm"}/${guest.vmid} ${guest.name ?? ""}`.trim();

/** The rows of all guests; of those before what still holds is kept, and the list itself where all of them do. */
export function rowsOf(
  guests: ReadonlyMap<number, Guest>,
  resources: ReadonlyMap<string, Resource>,
  thresholds = NO_THRESHOLDS,
  figures = GuestFigures.none,
  before: readonly GuestRow[] = [],
): readonly GuestRow[] {
  const rows: GuestRow[] = [];
  let isSame = before.length === guests.size;
  for (const guest of guests.values()) {
    const resource = guest.resource ? resources.get(guest.resource) : undefined;
    const old = before[rows.length];
    const row = old?.guest.vmid === guest.vmid ? renewed(old, guest, resource, thresholds, figures) : rowOf(guest, resource, thresholds, figures);
    isSame &&= row === old;
    rows.push(row);
  }
  return isSame ? before : rows;
}

function rowOf(guest: Guest, resource: Resource | undefined, thresholds: Thresholds, figures: GuestFigures, state = ofGuest(guest, resource)): GuestRow {
  const passed = state.shape === "ok" ? beyond(guest, resource, thresholds, figures) : null;
  return { guest, resource, thresholds, state, shape: passed ? "warn" : state.shape, word: passed ?? state.word };
}

function renewed(old: GuestRow, guest: Guest, resource: Resource | undefined, thresholds: Thresholds, figures: GuestFigures): GuestRow {
  const isSame = old.guest === guest && old.resource === resource;
  // Of most nothing but the figures is new, and nobody set a limit to them.
  if (isSame && old.thresholds === thresholds && (old.state.shape !== "ok" || !resource || thresholds.length === 0)) return old;
  const row = rowOf(guest, resource, thresholds, figures, isSame ? old.state : undefined);
  if (isSame && row.word === old.word && old.thresholds === thresholds) return old;
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

type StateKey = Exclude<SortKey, FigureKey>;
type FigureKey = "cpu" | "memory" | "uptime";

const FIGURE: { [key in FigureKey]: Column } = { cpu: "cpu", memory: "memBytes", uptime: "uptimeSeconds" };
const isOfFigures = (key: SortKey): key is FigureKey => key in FIGURE;

const ORDER: { [key in StateKey]: (a: GuestRow, b: GuestRow) => number } = {
  problems: by((row) => (URGENCY[row.shape] < 4 ? URGENCY[row.shape] : 4)),
  vmid: by((row) => row.guest.vmid),
  name: byText((row) => row.guest.name ?? "\uffff"),
  node: byText((row) => row.guest.node),
};

/** In order; those of figures begin with the highest. */
export function sorted(rows: readonly GuestRow[], key: SortKey, figures: GuestFigures | null): GuestRow[] {
  if (!isOfFigures(key)) return [...rows].sort(ORDER[key]);
  const keyed = rows.map((row) => ({ row, figure: figures?.get(row.guest.vmid, FIGURE[key]) ?? -1 }));
  keyed.sort((a, b) => b.figure - a.figure || a.row.guest.vmid - b.row.guest.vmid);
  return keyed.map(({ row }) => row);
}

/** What an order has to be made anew for besides its rows: null where figures do not matter. */
export const figuresFor = (key: SortKey, figures: GuestFigures): GuestFigures | null => (isOfFigures(key) ? figures : null);

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

/** Whether two lines would be drawn alike, and act alike, but for figures: those are drawn by themselves. */
export function saysTheSame(a: Line, b: Line): boolean {
  if ("heading" in a || "heading" in b) return "heading" in a && "heading" in b && a.heading === b.heading && a.count === b.count;
  if (a.shape !== b.shape || a.word !== b.word) return false;
  const [old, now] = [a.guest, b.guest];
  return old === now || SHOWN.every((key) => old[key] === now[key]);
}
