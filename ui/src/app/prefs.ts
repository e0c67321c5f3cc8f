// What this browser remembers: the mode, stillness, and how to address its person.
import { create } from "zustand";
import { afterPress } from "../live/hands";

export const MODES = ["jarvis", "ops", "minimal"] as const;
export type Mode = (typeof MODES)[number];

export interface Prefs {
  mode: Mode;
  /** All ambient motion held. */
  still: boolean;
  /** "sir", "madam", a name, or nothing. */
  address: string;
  /** Single letters are shortcuts. */
  letters: boolean;
}

const KEY = "jarvis.prefs";
/** Below this a first visit begins in the dense mode. */
const WIDE = 1280;

export const kiosk = new URLSearchParams(location.search).get("kiosk") === "1";
const wished = new URLSearchParams(location.search).get("mode");

function matches(query: string): boolean {
  return window.matchMedia(query).matches;
}

/** The mode of a first visit, by what the device asks for. */
export function firstMode(has: (query: string) => boolean, width: number): Mode {
  if (has("(prefers-reduced-motion: reduce)") || has("(prefers-reduced-data: reduce)") || has("(forced-colors: active)")) {
    return "minimal";
  }
  return width >= WIDE || has("(pointer: coarse)") ? "jarvis" : "ops";
}

function isMode(value: unknown): value is Mode {
  return MODES.some((mode) => mode === value);
}

function stored(): Partial<Prefs> {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof read !== "object" || read === null) return {};
    const known: Partial<Prefs> = {};
    if ("mode" in read && isMode(read.mode)) known.mode = read.mode;
    if ("still" in read && typeof read.still === "boolean") known.still = read.still;
    if ("address" in read && typeof read.address === "string") known.address = read.address.slice(0, 40);
    if ("letters" in read && typeof read.letters === "boolean") known.letters = read.letters;
    return known;
  } catch {
    return {};
  }
}

function first(): Prefs {
  const basic = { mode: firstMode(matches, window.innerWidth), still: false, address: "sir", letters: true };
  const forced = isMode(wished) ? { mode: wished } : {};
  return { ...basic, ...stored(), ...forced };
}

export const usePrefs = create<Prefs>()(first);

export function setPrefs(change: Partial<Prefs>): void {
  usePrefs.setState(change);
  try {
    localStorage.setItem(KEY, JSON.stringify(usePrefs.getState()));
  } catch {
    // A browser that keeps nothing still switches.
  }
}

export function nextMode(): void {
  const at = MODES.indexOf(usePrefs.getState().mode);
  setPrefs({ mode: MODES[(at + 1) % MODES.length] ?? "jarvis" });
}

/** ", sir" or nothing. */
export const addressed = (address: string): string => (address ? `, ${address}` : "");

const useDress = create<{ mode: Mode }>()(() => ({ mode: usePrefs.getState().mode }));

/** The mode in which the page is drawn: the one that was chosen, as soon as the switch has shown the choice. */
export const useMode = (): Mode => useDress((dress) => dress.mode);

/** Writes mode and stillness where the style sheets look for them. A new mode is drawn right after the press was answered. */
export function dress(): void {
  const apply = () => {
    const { mode, still } = usePrefs.getState();
    useDress.setState({ mode });
    document.documentElement.dataset["mode"] = mode;
    document.documentElement.dataset["motion"] = still || mode === "minimal" ? "off" : "on";
    if (kiosk) document.documentElement.dataset["kiosk"] = "";
  };
  const tab = () => {
    document.documentElement.dataset["tab"] = document.hidden ? "hidden" : "seen";
  };
  apply();
  tab();
  usePrefs.subscribe((now, before) => {
    if (now.mode === before.mode || document.hidden) apply();
    else afterPress(apply);
  });
  document.addEventListener("visibilitychange", tab);
}
