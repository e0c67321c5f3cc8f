// A device on which the page is heavy is offered the light mode once; a kiosk changes to it by itself.
import { sinceTouched } from "../live/hands";
import { kiosk, setPrefs, usePrefs } from "./prefs";
import { note } from "./ui-state";

const TOO_MANY = 10;
/** Loading is work for every device. */
const NOT_BEFORE = 20_000;
const WITHIN = 60_000;
const KEY = "jarvis.guard";

/** Counts long tasks that nobody caused by typing or pressing. */
export function watchLoad(): void {
  if (typeof PerformanceObserver === "undefined" || !PerformanceObserver.supportedEntryTypes.includes("longtask")) return;
  let tasks: number[] = [];
  const watch = new PerformanceObserver((list) => {
    const now = performance.now();
    if (now < NOT_BEFORE || sinceTouched() < 1000 || document.hidden) return;
    tasks = [...tasks, ...list.getEntries().map((entry) => entry.startTime)].filter((at) => now - at < WITHIN);
    if (tasks.length > TOO_MANY) {
      watch.disconnect();
      lighten();
    }
  });
  watch.observe({ type: "longtask" });
}

function lighten(): void {
  if (usePrefs.getState().mode === "minimal") return;
  if (kiosk) {
    setPrefs({ mode: "minimal" });
    note("warn", "Changed to Minimal", "This device could not keep up with the present mode.");
    return;
  }
  try {
    if (localStorage.getItem(KEY)) return;
    localStorage.setItem(KEY, "offered");
  } catch {
    return;
  }
  note("warn", "This device works hard to show this mode", "Press M for a lighter one; Minimal asks the least.");
}

const SHIFT_EVERY = 600_000;

/** A wall display moves its picture by a pixel now and then, so that nothing burns in. */
export function shiftKiosk(): void {
  if (!kiosk) return;
  let turn = 0;
  setInterval(() => {
    turn = (turn + 1) % 4;
    const [x, y] = [[0, 0], [1, 0], [1, 1], [0, 1]][turn] ?? [0, 0];
    document.body.style.transform = `translate(${x}px, ${y}px)`;
  }, SHIFT_EVERY);
}
