// One second hand for the whole page; it stands still while the tab is hidden.
import { useSyncExternalStore } from "react";
import { live } from "./store";

const listeners = new Set<() => void>();
let second = Math.floor(Date.now() / 1000);
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  const now = Math.floor(Date.now() / 1000);
  if (now === second || document.hidden) return;
  second = now;
  document.documentElement.dataset["beat"] = String(now % 2);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 250);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's clock in whole seconds, as milliseconds; redraws once a second. */
export function useNow(): number {
  const at = useSyncExternalStore(subscribe, () => second);
  return at * 1000 + live.get().skew;
}

/** The server's clock now. */
export const serverNow = (): number => Date.now() + live.get().skew;

/** Seconds since a time of the server, by the server's clock. */
export const secondsSince = (time: string, now: number): number => (now - Date.parse(time)) / 1000;
