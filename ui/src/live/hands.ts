// While a person types, presses or scrolls, what can wait does: a key that comes while ten thousand rows are made waits for them.
import { useDeferredValue, useEffect, useState } from "react";

/** Who did nothing for so long has typed a word, who did nothing for longer is done with it. */
const PAUSE = 150;
const REST = 500;
const LOOK_AGAIN = 50;
/** Above so many a list is not made anew between two keys; after the last of them it waits so long for what hands do else. */
const MANY = 1000;
const LATEST = 1000;
/** A key that is held down for longer is not waited for. */
const HELD = 300;

let isHeld = false;
let touchedAt = -Infinity;

/** Begins to look at the hands. */
export function watchHands(): void {
  for (const kind of ["keydown", "pointerdown", "wheel"]) {
    addEventListener(kind, () => (touchedAt = performance.now()), { passive: true, capture: true });
  }
  addEventListener("keydown", () => (isHeld = true), { capture: true });
  addEventListener("keyup", () => (isHeld = false), { capture: true });
}

/** Runs after the frame that answers a press, and after its key was released: that would wait, too. */
export function afterPress(run: () => void): void {
  const next = () => requestAnimationFrame(() => setTimeout(run));
  if (!isHeld) return void next();
  const released = () => {
    clearTimeout(timer);
    removeEventListener("keyup", released);
    next();
  };
  const timer = setTimeout(released, HELD);
  addEventListener("keyup", released);
}

/** Milliseconds since the last key, press or turn of the wheel. */
export const sinceTouched = (): number => performance.now() - touchedAt;

/** Whether somebody just typed, pressed or scrolled. */
export const isBusy = (): boolean => sinceTouched() < REST;

/** Runs once the hands rest, after `most` milliseconds all the same; soon where they rest already. What is returned calls it off. */
export function atRest(run: () => void, most: number, { soon = 0, rest = REST } = {}): () => void {
  const until = performance.now() + most;
  const look = () => {
    if (sinceTouched() < rest && performance.now() < until) timer = setTimeout(look, LOOK_AGAIN);
    else run();
  };
  let timer = setTimeout(look, soon);
  return () => clearTimeout(timer);
}

/** A value as it was when the hands last paused, within `most` milliseconds; and a way to have one at once. */
export function usePaused<T>(value: T, most: number): [T, (value: T) => void] {
  const [paused, setPaused] = useState(value);
  useEffect(() => (paused === value ? undefined : atRest(() => setPaused(value), most, { rest: PAUSE })), [most, paused, value]);
  return [paused, setPaused];
}

/** What was typed or chosen, as the list of it follows: right after, or at rest where many are to be looked through. `first` before that. */
export function useFollowed<T>(value: T, many: number, first: T = value): T {
  const [paused] = usePaused(value, LATEST);
  return useDeferredValue(many > MANY ? paused : value, first);
}
