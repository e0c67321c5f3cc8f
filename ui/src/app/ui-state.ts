// What is open on the page besides its address.
import { create } from "zustand";
import type { Refusal } from "../api/types";

export interface UiState {
  palette: boolean;
  keys: boolean;
  freezing: boolean;
  thawing: boolean;
  /** A guest action that contradicts the manifest, waiting for a choice. */
  pending: PendingAction | null;
  /** The ticket or decision whose card stands open. */
  card: { ticket: string } | { decision: string } | null;
  refused: { what: string; refusal: Refusal } | null;
  /** Short notes that pass, newest last. */
  notes: readonly Note[];
  guestFilter: string;
}

export interface PendingAction {
  name: string;
  vmid?: number;
  node?: string;
  /** A host of the configuration, by name. */
  host?: string;
  service?: string;
  snapshot?: string;
  verb: string;
  target: string;
  /** What the manifest says against it; empty when it says nothing. */
  against: string;
}

export interface Note {
  id: number;
  tone: "ok" | "warn" | "crit" | "refused";
  text: string;
  detail?: string | undefined;
  /** The request it is about, which can be taken back while the server holds it. */
  ticket?: string | undefined;
}

export const useUi = create<UiState>()(() => ({
  palette: false, keys: false, freezing: false, thawing: false, pending: null, card: null, refused: null, notes: [], guestFilter: "",
}));
export const ui = { get: useUi.getState, set: useUi.setState };

let next = 1;
const NOTE_LIMIT = 4;

/** Shows a note for some seconds; what needs an answer is a card, never a note. */
export function note(tone: Note["tone"], text: string, detail?: string): void {
  add({ id: next++, tone, text, detail }, tone === "ok" ? 5000 : 10_000);
}

/** Shows that a request was taken, for at least as long as it can be taken back. */
export function noteTicket(ticket: string, text: string, detail: string, recallable: number): void {
  add({ id: next++, tone: "ok", text, detail, ticket }, Math.max(5000, recallable + 1000));
}

function add(one: Note, millis: number): void {
  ui.set(({ notes }) => ({ notes: [...notes, one].slice(-NOTE_LIMIT) }));
  setTimeout(() => dismiss(one.id), millis);
}

export function dismiss(id: number): void {
  ui.set(({ notes }) => ({ notes: notes.filter((one) => one.id !== id) }));
}
