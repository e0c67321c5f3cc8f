// What state something is in, in the vocabulary of the screen: a shape and a word.
import type { Decision, Guest, Node, Resource, Service, Storage, Ticket, Tier } from "../api/types";
import { hourMinute, kindOf } from "./format";

export type Shape = "ok" | "acting" | "warn" | "crit" | "off" | "unknown" | "refused";

export interface State {
  shape: Shape;
  word: string;
}

const CONDITION: { [type: string]: Shape } = {
  READY: "ok", RECONCILING: "acting", BLOCKED: "warn", ESCALATED: "crit", STALLED: "crit", SUSPENDED: "off",
};

/** How a resource stands against its manifest. */
export function ofResource(resource: Resource): State {
  if (resource.hold) return { shape: "off", word: `held by ${resource.hold.by}` };
  const status = resource.status;
  if (!status) return { shape: "unknown", word: "not looked at yet" };
  if (status.sync === "UNKNOWN" || status.health === "UNKNOWN") return { shape: "unknown", word: "no data" };
  const type = status.headline?.type;
  const shape = (type && CONDITION[type]) || "unknown";
  if (shape === "ok" && status.sync === "OUT_OF_SYNC") return { shape: "warn", word: "drifting" };
  if (shape === "ok" && status.health === "DEGRADED") return { shape: "warn", word: "degraded" };
  return { shape, word: shape === "ok" ? "in sync" : (type ?? "").toLowerCase() };
}

export function ofNode(node: Node): State {
  if (node.unknownReason || node.status === "UNKNOWN") return { shape: "unknown", word: "no data" };
  if (node.status === "OFFLINE") return node.meantAway ? { shape: "off", word: ofAbsence(node.meantAway) } : { shape: "crit", word: "offline" };
  return { shape: "ok", word: "online" };
}

/** Where a manifest lets it be away the server says "declared expected: …"; else it says how the node was shut down. */
const ofAbsence = (meant: string): string => (meant.startsWith("declared") ? "off, as declared" : "off, shut down");

/** A guest: its own state, seen with what its manifest wants and what is being done about it. */
export function ofGuest(guest: Guest, resource: Resource | undefined): State {
  const state = ofItself(guest, resource);
  const held = resource?.hold;
  if (!held || (state.shape !== "ok" && state.shape !== "off")) return state;
  return { ...state, word: `${guest.statusWord}, held${held.until ? ` until ${hourMinute(held.until)}` : ""}` };
}

function ofItself(guest: Guest, resource: Resource | undefined): State {
  if (guest.status === "UNKNOWN" || guest.unknownReason) return { shape: "unknown", word: "no data" };
  if (guest.template) return { shape: "off", word: "template" };
  const headline = resource?.hold ? "SUSPENDED" : resource?.status?.headline?.type;
  if (guest.lock) return { shape: "acting", word: `locked, ${guest.lock}` };
  if (headline === "ESCALATED") return { shape: "crit", word: `${guest.statusWord}, beyond me` };
  if (headline === "RECONCILING") return { shape: "acting", word: ofWork(guest) };
  if (guest.status === "HELD") return { shape: "warn", word: guest.statusWord };
  const running = guest.status === "RUNNING";
  const wished = wishes(guest);
  if (wished !== null && wished !== running && headline !== "SUSPENDED") {
    return { shape: "warn", word: `${guest.statusWord}, not as declared` };
  }
  if (running && guest.ready === false) return { shape: "warn", word: "running, not ready" };
  if (running) return { shape: "ok", word: "running" };
  return { shape: "off", word: wished === false ? "stopped, as declared" : guest.statusWord };
}

/** What a task of Proxmox does to a guest, by the end of its type: `qmstart`, `vzstart`. */
const TASK: { [type: string]: string } = {
  start: "starting", stop: "stopping", shutdown: "shutting down", reboot: "restarting", reset: "restarting", suspend: "suspending",
  resume: "resuming", migrate: "moving", snapshot: "taking a snapshot", rollback: "rolling back", clone: "being copied",
  restore: "being restored", destroy: "being deleted", dump: "being backed up",
};

/** The type of a task without the kind of guest; a task is `UPID:node:pid:start:time:type:id:user:`. */
const typeOf = (task: string): string => (task.split(":")[5] ?? task).replace(/^(q(?=migrate)|qm|vz|ha|im)/, "");

function ofWork(guest: Guest): string {
  if (guest.runningTask) return TASK[typeOf(guest.runningTask)] ?? "busy";
  if (guest.status === "RUNNING") return wishes(guest) === false ? "stopping" : "settling";
  return "restarting";
}

/** Whether the manifest wants it running; null when it does not say. */
function wishes(guest: Guest): boolean | null {
  if (guest.runStrategy === "ALWAYS") return true;
  if (guest.runStrategy === "HALTED") return false;
  return null;
}

export function ofStorage(storage: Storage): State {
  if (storage.unknownReason || storage.active === null || storage.active === undefined) {
    return { shape: "unknown", word: "no data" };
  }
  return storage.active ? { shape: "ok", word: "active" } : { shape: "crit", word: "away" };
}

const SERVICE: { [status: string]: Shape } = {
  UP: "ok", DOWN: "crit", CHANGING: "acting", MISSING: "crit", UNKNOWN: "unknown",
};
export const ofService = (service: Service): State => ({
  shape: SERVICE[service.status] ?? "unknown",
  word: service.statusWord,
});

const SEVERITY: { [severity: string]: Shape } = { CRITICAL: "crit", WARNING: "warn", INFO: "ok" };
/** Of a line of the feed: its severity, and for work under way the shape of acting. */
export function ofRecord(record: { severity: string; name: string }): Shape {
  if (record.severity === "INFO" && /^(intent|ticket)(Logged|Accepted|Made|Queued|Opened)/i.test(record.name)) return "acting";
  if (/refused/i.test(record.name)) return "refused";
  return SEVERITY[record.severity] ?? "unknown";
}
export const ofSeverity = (severity: string): Shape => SEVERITY[severity] ?? "unknown";

const TIER: { [tier in Tier]: Shape } = { GREEN: "ok", YELLOW: "warn", RED: "crit", BLACK: "refused" };
export const ofTier = (tier: Tier): Shape => TIER[tier];

/** What interrupts hard or moves things, and whatever is not known to be milder. */
const MILD = new Set(["startGuest", "shutdownGuest", "rebootGuest", "createSnapshot", "wakeNode", "startService", "restartService"]);

/** The tier of a request: as the plan judges it; before the plan knows it, the graver one in doubt. */
export function tierOf(ticket: Ticket, decision: Decision | undefined): Tier {
  return decision?.verdict.tier ?? (ticket.typed || !MILD.has(ticket.action.name) ? "RED" : "YELLOW");
}

const VERDICT: { [kind: string]: Shape } = { PERMIT: "acting", CONFIRM: "warn", WAIT: "off", REFUSE: "refused" };
export const ofDecision = (decision: Decision): State => ({
  shape: VERDICT[decision.verdict.kind] ?? "unknown",
  word: decision.verdict.word,
});

export function ofTicket(ticket: Ticket): State {
  const word = ticket.outcome ?? ticket.state.toLowerCase().replaceAll("_", " ");
  if (ticket.state === "REFUSED") return { shape: "refused", word: "refused" };
  if (ticket.state === "DONE") return { shape: ticket.outcome === "verified" ? "ok" : "crit", word };
  if (ticket.state === "AWAITING_CONFIRMATION") return { shape: "warn", word };
  return { shape: ticket.isFinal ? "off" : "acting", word };
}

const GUEST_KINDS = new Set(["VirtualMachine", "Container"]);
export const isGuestKey = (key: string): boolean => GUEST_KINDS.has(kindOf(key));

/** What needs attention first. */
export const URGENCY: { [shape in Shape]: number } = {
  crit: 0, warn: 1, acting: 2, unknown: 3, refused: 4, off: 6, ok: 5,
};
