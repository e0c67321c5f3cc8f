// The address of what is shown. What it leads to is drawn at once; the browser is told of it after the frame that answers the press:
// to tell it can take as long as to draw.
import { useSyncExternalStore } from "react";
import { afterPress } from "../live/hands";

interface Way {
  /** Left out: one more step that Back undoes. */
  replace?: boolean;
}

const listeners = new Set<() => void>();
let shown = read();
let untold: { to: string; replace: boolean }[] = [];

function read(): { path: string; search: string } {
  return { path: location.pathname, search: location.search };
}

/** `search` begins with a question mark, or is empty. */
export const address = (): { path: string; search: string } => shown;

export function navigate(to: string, { replace = false }: Way = {}): void {
  const { pathname, search } = new URL(to, location.origin);
  untold.push({ to: pathname + search, replace });
  if (untold.length === 1) afterPress(tell);
  show({ path: pathname, search });
}

function show(next: typeof shown): void {
  shown = next;
  for (const listener of listeners) listener();
}

function tell(): void {
  for (const { to, replace } of untold.splice(0)) history[replace ? "replaceState" : "pushState"](null, "", to);
}

addEventListener("pagehide", tell);
addEventListener("popstate", () => {
  untold = [];
  show(read());
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For the router: where we are, and the way elsewhere. */
export const usePath = (): [string, typeof navigate] => [useSyncExternalStore(subscribe, () => shown.path), navigate];

/** What stands open over the page, such as `guest/101`; empty where nothing does. */
export const useOpen = (): string => useSyncExternalStore(subscribe, () => new URLSearchParams(shown.search).get("open") ?? "");
