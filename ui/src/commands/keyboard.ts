// Keys of the whole page. Single letters are left alone in fields, in the terminal, and when they are turned off.
import { useEffect } from "react";
import { address } from "../app/address";
import { arrive } from "../app/arrival";
import { go, open, PLACES } from "../app/places";
import { nextMode, setPrefs, usePrefs } from "../app/prefs";
import { ui } from "../app/ui-state";
import { live } from "../live/store";

/** What the help shows besides the commands. */
export const KEYS: readonly [string, string][] = [
  ["Ctrl K or :", "commands"], ["/", "filter the list"], ["G, then a letter", "go to a page"], ["J K or arrows", "move in a list"],
  ["Enter", "open"], ["R", "restart the selected guest"], ["S", "start or stop it"], ["A", "review what waits"],
  ["C", "speak to Jarvis"], ["D", "plan"], ["E", "manifests"], ["T", "terminal"], ["M", "next mode"], ["Shift M", "hold still"],
  ["F6, Shift F6", "next, previous panel"], ["Alt 1 to 9", "panel by its place"], ["Ctrl Shift K", "kill switch"],
  ["Esc", "close, or leave a field"], ["?", "this list"],
];

const CHORD_WITHIN = 1500;
let chordAt = 0;

const LETTERS: { [key: string]: () => void } = {
  ":": () => ui.set({ palette: true }),
  "?": () => ui.set({ keys: true }),
  "/": filter,
  m: nextMode,
  M: () => setPrefs({ still: !usePrefs.getState().still }),
  c: speak,
  d: () => go("/plan"),
  e: () => go("/manifests"),
  t: () => go("/shell"),
  a: review,
  g: () => {
    chordAt = Date.now();
  },
};

/** Opens the card of the first thing that waits. */
function review(): void {
  const { plan, side } = live.get();
  const ticket = side?.tickets.find((one) => one.state === "AWAITING_CONFIRMATION");
  const decision = plan?.decisions.find((one) => one.verdict.kind === "CONFIRM");
  if (ticket) ui.set({ card: { ticket: ticket.id } });
  else if (decision) ui.set({ card: { decision: decision.id } });
}

/** Into the field where Jarvis is spoken to; on its page where there is none in sight. */
export function speak(): void {
  arrive();
  const find = () => [...document.querySelectorAll<HTMLElement>("[data-composer]")].find((one) => one.offsetParent !== null);
  const field = find();
  if (field) {
    field.focus();
    return;
  }
  go("/chat");
  arrive();
  find()?.focus();
}

function filter(): void {
  arrive();
  const field = document.querySelector<HTMLInputElement>("[data-filter]");
  if (field) field.focus();
  else {
    go("/guests");
    arrive();
    document.querySelector<HTMLInputElement>("[data-filter]")?.focus();
  }
}

function panels(): HTMLElement[] {
  arrive();
  return [...document.querySelectorAll<HTMLElement>("[data-panel]")].filter((panel) => panel.offsetParent !== null);
}

function focusPanel(step: number): void {
  const all = panels();
  const at = all.findIndex((panel) => panel.contains(document.activeElement));
  all[(at + step + all.length) % all.length]?.focus();
}

/** Where a key really went: inside the editor's shadow root the event's own target is only its host. */
function innermost(event: KeyboardEvent): EventTarget | null {
  return event.composedPath()[0] ?? event.target;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], .xterm") !== null;
}

function onKey(event: KeyboardEvent): void {
  const key = event.key;
  if (event.ctrlKey && event.shiftKey && key.toLowerCase() === "k") return take(event, () => ui.set({ freezing: true }));
  const inShell = event.target instanceof HTMLElement && event.target.closest(".xterm") !== null;
  if (inShell) return;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") return take(event, () => ui.set({ palette: true }));
  if (document.querySelector("dialog[open]")) return;
  if (key === "F6") return take(event, () => focusPanel(event.shiftKey ? -1 : 1));
  if (event.altKey && /^[1-9]$/.test(key)) return take(event, () => panels()[Number(key) - 1]?.focus());
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") return escape(event);
  if (event.defaultPrevented || isTyping(innermost(event)) || !usePrefs.getState().letters) return;
  if (Date.now() - chordAt < CHORD_WITHIN) {
    chordAt = 0;
    const place = PLACES.find((one) => one.key === key.toLowerCase());
    if (place) return take(event, () => go(place.path));
  }
  if (toList(event)) return;
  const letter = LETTERS[key];
  if (letter) take(event, letter);
}

const MOVES = new Set(["j", "k", "ArrowDown", "ArrowUp"]);
const ON_SELECTED = new Set(["Enter", "r", "s"]);

/** Where nothing else has the focus, or only the panel around it, keys of a list go to the list. */
function toList(event: KeyboardEvent): boolean {
  if (!MOVES.has(event.key) && !ON_SELECTED.has(event.key)) return false;
  arrive();
  const list = [...document.querySelectorAll<HTMLElement>("[data-list]")].find((one) => one.offsetParent !== null);
  const at = document.activeElement;
  const isFree = at === null || at === document.body || (at instanceof HTMLElement && at.dataset["panel"] !== undefined && at.contains(list ?? null));
  if (!list || !isFree) return false;
  const isMeant = MOVES.has(event.key) || list.querySelector("[data-selected]") !== null;
  if (!isMeant) return false;
  take(event, () => {
    list.focus({ preventScroll: true });
    list.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, bubbles: true, cancelable: true }));
  });
  return true;
}

function take(event: KeyboardEvent, run: () => void): void {
  event.preventDefault();
  run();
}

function escape(event: KeyboardEvent): void {
  const target = event.target;
  if (target instanceof HTMLInputElement) {
    if (target.type === "search" && target.value === "") target.blur();
  } else if (new URLSearchParams(address().search).has("open")) open(null);
}

export function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
