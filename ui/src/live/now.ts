// The hands of the page. What counts down has a second hand. What grows old has one in JARVIS mode alone; elsewhere it moves
// with what is drawn anyway, and else every five seconds: each frame costs. In Minimal mode figures wait for that. All stand still
// while the tab is hidden.
import { useSyncExternalStore } from "react";
import { isBusy } from "./hands";
import { live } from "./store";

/** "second": what counts down. "calm": ages and the clock. */
export type Hand = "second" | "calm";

/** Seconds between two moves of the calm hand, at most. */
const CALM = 5;
/** So many seconds it stands still for somebody who types, where nothing counts down. */
const STILL = 4;
const listeners = { second: new Set<() => void>(), calm: new Set<() => void>() };
const shown = { second: seconds(), calm: seconds() };
let timer: ReturnType<typeof setTimeout> | undefined;
let isWished = false;
let bring: () => void = () => undefined;

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Has what waits handed over when a hand moves: it is drawn in the same frame. */
export function onMove(take: () => void): void {
  bring = take;
}

/** Whether the calm hand is calm. In JARVIS mode it has the ring to move, and a frame with all that and new figures would be long. */
export const isCalm = (): boolean => document.documentElement.dataset["mode"] !== "jarvis";

/** Something waits that is worth a frame: the hands move with the next second, but not in Minimal mode, the mode of weak devices. */
export function moveSoon(): void {
  isWished = document.documentElement.dataset["mode"] !== "minimal";
}

function tick(): void {
  timer = setTimeout(tick, 1000 - (Date.now() % 1000));
  const now = seconds();
  if (now === shown.second || document.hidden) return;
  shown.second = now;
  if (isBusy() && listeners.second.size === 0 && now - shown.calm < STILL) return;
  const isDue = isWished || now % CALM === 0 || Math.abs(now - shown.calm) >= CALM;
  if (isCalm() && !isDue && listeners.second.size === 0) return;
  isWished = false;
  shown.calm = now;
  if (!isCalm()) document.documentElement.dataset["beat"] = String(now % 2);
  bring();
  for (const listener of [...listeners.calm, ...listeners.second]) listener();
}

const subscribe = (hand: Hand) => (listener: () => void) => {
  listeners[hand].add(listener);
  timer ??= setTimeout(tick, 1000 - (Date.now() % 1000));
  return () => {
    listeners[hand].delete(listener);
    if (listeners.second.size + listeners.calm.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
};
const subscribers = { second: subscribe("second"), calm: subscribe("calm") };
const readers = { second: () => shown.second, calm: () => shown.calm };

/** The server's clock in whole seconds, as milliseconds; redraws when the hand moves. */
export function useNow(hand: Hand = "second"): number {
  const at = useSyncExternalStore(subscribers[hand], readers[hand]);
  return at * 1000 + live.get().skew;
}

/** The server's clock now. */
export const serverNow = (): number => Date.now() + live.get().skew;

/** Seconds since a time of the server, by the server's clock. */
export const secondsSince = (time: string, now: number): number => (now - Date.parse(time)) / 1000;
