// What an error of a terminal means, and how long to wait before the next try. Pure.

/** The shell goes on; it is opened once more after a while; or it is over until a person asks again. */
export type Meaning = "goesOn" | "again" | "over";

/** Only what passes by itself: a host that is away, too many terminals for now, Jarvis being restarted. */
const AGAIN = new Set(["JV4003", "JV4007", "JV4015"]);

export function meaningOf(code: string): Meaning {
  if (code === "JV4012") return "goesOn";
  return AGAIN.has(code) ? "again" : "over";
}

/** Seconds before each try. A terminal whose page is gone gives its place free within a minute: these last longer. */
const WAITS = [1, 2, 4, 8, 15, 15, 15, 15];

/** Milliseconds before the next try, the first being 0; none once it was tried often enough. */
export function waitBefore(tried: number): number | null {
  const seconds = WAITS[tried];
  return seconds === undefined ? null : seconds * 1000;
}
