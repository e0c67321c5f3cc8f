// The pages, and what may stand open over them (`?open=guest/101`). One list for bar, palette and keys.
import { navigate } from "wouter/use-browser-location";

export interface Place {
  path: string;
  title: string;
  /** Second key after G. */
  key: string;
  /** On the bar at the bottom of the desktop. */
  bar: boolean;
}

export const PLACES: readonly Place[] = [
  { path: "/", title: "Overview", key: "o", bar: true },
  { path: "/nodes", title: "Nodes", key: "n", bar: true },
  { path: "/guests", title: "Guests", key: "v", bar: true },
  { path: "/services", title: "Services", key: "e", bar: true },
  { path: "/activity", title: "Activity", key: "a", bar: true },
  { path: "/plan", title: "Plan", key: "p", bar: true },
  { path: "/manifests", title: "Manifests", key: "m", bar: true },
  { path: "/runbooks", title: "Runbooks", key: "r", bar: true },
  { path: "/audit", title: "Audit", key: "u", bar: true },
  { path: "/tasks", title: "Tasks", key: "k", bar: true },
  { path: "/shell", title: "Terminal", key: "t", bar: true },
  { path: "/chat", title: "Chat", key: "c", bar: true },
  { path: "/storage", title: "Storage", key: "s", bar: false },
  { path: "/minds", title: "Minds, spend and memory", key: "b", bar: false },
  { path: "/settings", title: "Settings", key: "i", bar: true },
];

export function go(path: string): void {
  navigate(path + kept());
}

/** Flags that belong to the whole visit stay in the address. */
function kept(): string {
  const search = new URLSearchParams(location.search);
  if (search.get("kiosk") !== "1") return "";
  const dim = search.get("dim");
  return dim === null ? "?kiosk=1" : `?kiosk=1&dim=${encodeURIComponent(dim)}`;
}

/** Opens something over the present page; `null` closes. */
export function open(what: string | null): void {
  const search = new URLSearchParams(location.search);
  if (what === null) search.delete("open");
  else search.set("open", what);
  const text = search.toString().replaceAll("%2F", "/");
  navigate(location.pathname + (text ? `?${text}` : ""));
}

/** The address under which something can be found again. */
export const permalink = (what: string): string => `${location.origin}/?open=${what}`;
