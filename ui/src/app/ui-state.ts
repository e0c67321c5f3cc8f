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
  /** What can still be done about it. */
  offer?: Offer | undefined;
}

export interface Offer {
  word: string;
  run: () => void;
}

export const useUi = create<UiState>()(() => ({
  palette: false, keys: false, freezing: false, thawing: false, pending: null, card: null, refused: null, notes: [], guestFilter: "",
}));
export const ui = { get: useUi.getState, set: useUi.setState };

let next = 1;
const NOTE_LIMIT = 4;

/** Shows a note for some seconds; what needs an answer is a card, never a note. */
export function note(tone: Note["tone"], text: string, detail?: string, offer?: Offer): void {
  const id = next++;
  ui.set(({ notes }) => ({ notes: [...notes, { id, tone, text, detail, offer }].slice(-NOTE_LIMIT) }));
  setTimeout(() => dismiss(id), tone === "ok" ? 5000 : 14_000);
}

export function dismiss(id: number): void {
  ui.set(({ notes }) => ({ notes: notes.filter((one) => one.id !== id) }));
}
