// Numbers, sizes, ages and times as the screen says them.

const THIN = "\u2009";

/** "34%", or a dash when it is not known. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)}%`;
}

/** A share, or null when a part of it is not known. */
export function share(part: number | null | undefined, whole: number | null | undefined): number | null {
  return part === null || part === undefined || !whole ? null : part / whole;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes in powers of 1000: "5.6 TB". */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return "–";
  const [value, unit] = scaled(count);
  return `${value}${THIN}${unit}`;
}

function scaled(count: number): [string, string] {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [value >= 100 || unit === 0 ? String(Math.round(value)) : value.toPrecision(2), UNITS[unit] ?? ""];
}

/** "5.6 / 9.0 TB": both in the unit of the whole. */
export function used(part: number | null | undefined, whole: number | null | undefined): string {
  if (part === null || part === undefined || !whole) return "–";
  const power = Math.min(Math.floor(Math.log10(whole) / 3), UNITS.length - 1);
  const scale = 1000 ** power;
  const digits = (value: number) => (value >= 10 ? String(Math.round(value)) : value.toFixed(value < 0.1 ? 2 : 1));
  return `${digits(part / scale)} / ${digits(whole / scale)}${THIN}${UNITS[power]}`;
}

/** "3 s", "4 min", "2 h", "41 d". */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole}${THIN}s`;
  if (whole < 7200) return `${Math.floor(whole / 60)}${THIN}min`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)}${THIN}h`;
  return `${Math.floor(whole / 86_400)}${THIN}d`;
}

/** "0:52" of what is left. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const timeOfDay = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const fullDate = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dayOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

const dayAndTime = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat("en-GB", { weekday: "short" });

/** "20:14:38" in the user's time zone. */
export const clock = (time: string | number): string => timeOfDay.format(new Date(time));
/** "28 Nov, 20:00". */
export const dayTime = (time: string | number): string => dayAndTime.format(new Date(time));
/** "Mon". */
export const weekday = (time: string | number): string => dayName.format(new Date(time));
/** "20:14". */
export const hourMinute = (time: string | number): string => shortTime.format(new Date(time));
/** "28 Nov 2026, 20:14:38". */
export const dateTime = (time: string | number): string => fullDate.format(new Date(time));
/** What the server writes as "2026-12-06T08:51:18.327Z" in a sentence, on the user's own clock. */
export const inLocalTime = (text: string): string => text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => dateTime(time));

/** The time of day if it is today, else the day. */
export function when(time: string, now: number): string {
  const date = new Date(time);
  return date.toDateString() === new Date(now).toDateString() ? clock(time) : dayOnly.format(date);
}

/** The name of the user's time zone. */
export const timeZone: string = timeOfDay.resolvedOptions().timeZone;

export function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** `restartGuest` → `Restart guest`. */
export function words(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** `VirtualMachine/web-01` → `web-01`. */
export const nameOf = (key: string): string => key.slice(key.indexOf("/") + 1);
export const kindOf = (key: string): string => key.slice(0, key.indexOf("/"));
/** A git commit, short. */
export const short = (commit: string | null | undefined): string => commit?.slice(0, 8) ?? "none";

/** What a runbook is for; the part of a manifest at its end in words: "guest-down of VirtualMachine, Container". */
export function plainTrigger(text: string): string {
  const at = text.indexOf("{");
  if (at < 0) return text;
  try {
    const read: unknown = JSON.parse(text.slice(at));
    return text.slice(0, at) + [leaves(read)].flat(9).join(", ");
  } catch {
    return text;
  }
}

type Leaves = string | Leaves[];

function leaves(value: unknown): Leaves {
  if (Array.isArray(value)) return value.map(leaves);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map(([key, inner]) => (typeof inner === "object" ? leaves(inner) : `${key}=${String(inner)}`));
}
