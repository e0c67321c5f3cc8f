// What the page asks the server for. Whether it may be done, and with which confirmation, the server says.
import { ApiError, ask } from "../api/http";
import {
  AcceptIdentityDocument, AcknowledgeDocument, ConfirmDocument, FreezeDocument, HoldDocument, RecallDocument,
  ReconcileNowDocument, RejectDocument, ReleaseDocument, RequestActionDocument, SetCeilingDocument, ThawDocument,
} from "../api/generated/graphql";
import type { TypedDocumentString } from "../api/generated/graphql";
import type { Autonomy, Decision, Guest, Ticket } from "../api/types";
import { KIOSK_REASON } from "../app/kiosk";
import { kiosk } from "../app/prefs";
import { note, noteTicket, type PendingAction, ui } from "../app/ui-state";
import { serverNow } from "../live/now";
import { refreshSoon } from "../live/session";
import { isLocked, live, mayAct } from "../live/store";
import { inputOf } from "./input";

export const HOLD_SECONDS = 3600;

/** Why nothing can be asked for now, if so. */
export function lockReason(state = live.get()): string | false {
  if (kiosk) return KIOSK_REASON;
  if (isLocked(state)) return "Locked: the picture is old until the link is back";
  if (!mayAct(state)) return "Your role only reads";
  return false;
}

/** To stop is possible everywhere. */
const isBrake = (document: unknown): boolean => document === FreezeDocument;

/** Runs a mutation; what the server objects to becomes a note. Returns null then. */
async function run<T, V>(document: TypedDocumentString<T, V>, variables: V, what: string): Promise<T | null> {
  if (kiosk && !isBrake(document)) {
    note("refused", `Not done: ${what}`, KIOSK_REASON);
    return null;
  }
  try {
    const answer = await ask(document, variables);
    refreshSoon();
    return answer;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    note("crit", `Not done: ${what}`, error.told);
    return null;
  }
}

export type GuestVerb = "start" | "shutdown" | "reboot" | "stop";

interface Verb {
  name: string;
  word: string;
  /** What it leaves behind: running or not. */
  leaves: boolean;
}

export const GUEST_VERBS: { [verb in GuestVerb]: Verb } = {
  start: { name: "startGuest", word: "Start", leaves: true },
  shutdown: { name: "shutdownGuest", word: "Shut down", leaves: false },
  reboot: { name: "rebootGuest", word: "Restart", leaves: true },
  stop: { name: "stopGuest", word: "Stop hard", leaves: false },
};

/** What the manifest of a guest says against leaving it running or stopped; empty when nothing. */
export function against(guest: Guest, leaves: boolean): string {
  const { runStrategy, resource } = guest;
  if (!resource || !runStrategy) return "";
  if (leaves && runStrategy === "HALTED") return "Its manifest keeps it off (Halted).";
  if (!leaves && runStrategy === "ALWAYS") return "Its manifest keeps it running (Always).";
  return "";
}

/** Asks for a guest's action; where the manifest says otherwise, a card offers the hold first. */
export async function actOnGuest(verb: GuestVerb, guest: Guest): Promise<void> {
  const { name, word, leaves } = GUEST_VERBS[verb];
  const pending: PendingAction = {
    name, vmid: guest.vmid, verb: word, target: guest.name ?? String(guest.vmid),
    against: against(guest, leaves),
  };
  if (pending.against && !kiosk) ui.set({ pending });
  else await request(pending, null);
}

/** Asks for an action on a node or a service. */
export async function actOn(action: Omit<PendingAction, "against">): Promise<void> {
  await request({ ...action, against: "" }, null);
}

export async function request(pending: PendingAction, hold: number | null): Promise<void> {
  const what = `${pending.verb} ${pending.target}`;
  const answer = await run(RequestActionDocument, { action: inputOf(pending), hold }, what);
  if (answer) show(answer.requestAction, what);
}

/** Shows what became of a request at once. */
function show(ticket: Ticket, what: string): void {
  if (ticket.refusal && ticket.state === "REFUSED") ui.set({ refused: { what, refusal: ticket.refusal } });
  else if (ticket.state === "AWAITING_CONFIRMATION") ui.set({ card: { ticket: ticket.id } });
  else noteTicket(ticket.id, `${what}: accepted`, ticket.action.text, Date.parse(ticket.notBefore) - serverNow());
  live.set(({ side }) => (side ? { side: { ...side, tickets: [ticket, ...side.tickets] } } : {}));
}

/** Whether it waits out the time that the server gives to take it back. */
export const isRecallable = ({ state, notBefore }: Ticket): boolean => state === "QUEUED" && serverNow() < Date.parse(notBefore);

export async function confirmTicket(ticket: Ticket, typed: string | null): Promise<boolean> {
  const digest = ticket.digest;
  if (!digest) return false;
  const done = await run(ConfirmDocument, { digest, ticket: ticket.id, typed }, ticket.action.text);
  return done !== null;
}

export async function confirmDecision(decision: Decision, typed: string | null): Promise<boolean> {
  const done = await run(ConfirmDocument, { digest: decision.id, ticket: decision.ticket ?? null, typed }, decision.action.text);
  return done !== null;
}

export const confirmDigest = (digest: string, what: string) =>
  run(ConfirmDocument, { digest, ticket: null, typed: null }, what);
export const reject = (ticket: string) => run(RejectDocument, { ticket }, "dismissing it");
export async function recall(ticket: string): Promise<void> {
  if (await run(RecallDocument, { ticket }, "recalling it")) note("ok", "Recalled", "Nothing was done.");
}
export const acknowledge = (issue: string) => run(AcknowledgeDocument, { issue }, "acknowledging it");
export const release = (scope: string) => run(ReleaseDocument, { scope }, `releasing ${scope}`);
/** Has a scope left alone for an hour. */
export const hold = (scope: string) =>
  run(HoldDocument, { scope, reason: "asked for on the dashboard", ttl: HOLD_SECONDS }, `holding ${scope}`);
export const acceptIdentity = (vmid: number, identity: string) =>
  run(AcceptIdentityDocument, { vmid, identity }, `accepting guest ${vmid}`);
export const setCeiling = (ceiling: Autonomy | null) => run(SetCeilingDocument, { ceiling }, "setting the ceiling");

export async function reconcileNow(): Promise<void> {
  if (await run(ReconcileNowDocument, {}, "looking now")) note("ok", "Looking at cluster and repository now");
}

export async function freeze(reason: string, all: boolean, ttl: number | null): Promise<boolean> {
  const scope = all ? "ALL" : "AUTONOMY";
  const answer = await run(FreezeDocument, { reason, scope, ttl }, "the kill switch");
  if (answer) live.set({ freeze: answer.freeze });
  return answer !== null;
}

export async function thaw(): Promise<boolean> {
  return (await run(ThawDocument, {}, "releasing the kill switch")) !== null;
}
