// The pages, and what may stand open over them (`?open=guest/101`). One list for bar, palette and keys.
import type { IconName } from "../ui/icons";
import { address, navigate } from "./address";

export interface Place {
  path: string;
  title: string;
  icon: IconName;
  /** Second key after G. */
  key: string;
  /** On the bar at the bottom of the desktop. */
  bar: boolean;
  /** Other words for what stands there. */
  also?: string;
}

export const PLACES: readonly Place[] = [
  { path: "/", title: "Overview", icon: "gauge", key: "o", bar: true },
  { path: "/nodes", title: "Nodes", icon: "machine", key: "n", bar: true },
  { path: "/guests", title: "Guests", icon: "server", key: "v", bar: true },
  { path: "/storage", title: "Storage", icon: "disks", key: "s", bar: true, also: "disks space full" },
  { path: "/services", title: "Services", icon: "plug", key: "e", bar: true, also: "quorum votes windows holds maintenance" },
  { path: "/activity", title: "Activity", icon: "pulse", key: "a", bar: true, also: "events feed history" },
  { path: "/plan", title: "Plan", icon: "plan", key: "p", bar: true, also: "drift decisions" },
  { path: "/manifests", title: "Manifests", icon: "file", key: "m", bar: true, also: "yaml editor proposals adopt" },
  { path: "/runbooks", title: "Runbooks", icon: "book", key: "r", bar: true, also: "issues policy autonomy level limits" },
  { path: "/audit", title: "Audit", icon: "trail", key: "u", bar: true },
  { path: "/tasks", title: "Tasks", icon: "clock", key: "k", bar: true, also: "backups requests effects" },
  { path: "/shell", title: "Terminal", icon: "shell", key: "t", bar: true },
  { path: "/chat", title: "Chat", icon: "chat", key: "c", bar: true },
  { path: "/minds", title: "Minds, spend and memory", icon: "bulb", key: "b", bar: false },
  { path: "/settings", title: "Settings", icon: "dials", key: "i", bar: true, also: "tokens users password notifications" },
];

export function go(path: string): void {
  navigate(path + kept());
}

/** Flags that belong to the whole visit stay in the address. */
function kept(): string {
  const search = new URLSearchParams(address().search);
  if (search.get("kiosk") !== "1") return "";
  const dim = search.get("dim");
  return dim === null ? "?kiosk=1" : `?kiosk=1&dim=${encodeURIComponent(dim)}`;
}

/** Opens something over the present page; `null` closes. */
export function open(what: string | null): void {
  navigate(addressWith(what));
}

/** Closes it as if it had never been open: who goes back does not come by it again. */
export function shut(): void {
  navigate(addressWith(null), { replace: true });
}

function addressWith(what: string | null): string {
  const search = new URLSearchParams(address().search);
  if (what === null) search.delete("open");
  else search.set("open", what);
  const text = search.toString().replaceAll("%2F", "/");
  return address().path + (text ? `?${text}` : "");
}

/** The address under which something can be found again. */
export const permalink = (what: string): string => `${location.origin}/?open=${what}`;
