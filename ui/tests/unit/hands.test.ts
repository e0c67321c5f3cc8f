import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Batch } from "../../src/live/batch";
import { afterPress, atRest, sinceTouched, watchHands } from "../../src/live/hands";

const hands = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("addEventListener", hands.addEventListener.bind(hands));
  vi.stubGlobal("removeEventListener", hands.removeEventListener.bind(hands));
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 16));
  vi.stubGlobal("document", { hidden: false });
  watchHands();
  vi.advanceTimersByTime(10_000);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const touch = (kind: string) => hands.dispatchEvent(new Event(kind));

/** Types a key every `gap` milliseconds, for `whole` of them. */
function type(whole: number, gap = 100): void {
  for (let passed = 0; passed < whole; passed += gap) {
    touch("keydown");
    touch("keyup");
    vi.advanceTimersByTime(gap);
  }
}

test("what can wait waits for hands, and not for ever", () => {
  const run = vi.fn();
  atRest(run, 5000);
  vi.advanceTimersByTime(1);
  expect(run, "nobody types").toHaveBeenCalledTimes(1);

  type(100);
  atRest(run, 5000);
  type(1000);
  expect(run, "somebody does").toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(600);
  expect(run, "no more").toHaveBeenCalledTimes(2);

  type(100);
  atRest(run, 1000);
  type(900);
  expect(run).toHaveBeenCalledTimes(2);
  type(300);
  expect(run, "somebody goes on and on").toHaveBeenCalledTimes(3);

  type(100);
  atRest(run, 1000)();
  vi.advanceTimersByTime(5000);
  expect(run, "called off").toHaveBeenCalledTimes(3);
  expect(sinceTouched()).toBeGreaterThan(4000);
});

test("figures wait for hands, what happened does not and takes them along", () => {
  const taken: string[][] = [];
  const batch = new Batch<string>((items) => taken.push(items));
  type(100);
  batch.push("figures", "rest");
  type(1000);
  expect(taken).toEqual([]);
  batch.push("a guest died");
  vi.advanceTimersByTime(20);
  expect(taken).toEqual([["figures", "a guest died"]]);
  vi.advanceTimersByTime(10_000);
  expect(taken.length, "and are not handed over twice").toBe(1);

  batch.push("more figures", "rest");
  vi.advanceTimersByTime(20);
  expect(taken.at(-1), "hands that rest are not waited for").toEqual(["more figures"]);
  batch.push("a look without news", "whenever");
  vi.advanceTimersByTime(10_000);
  expect(taken.length).toBe(2);
  batch.flush();
  expect(taken.at(-1)).toEqual(["a look without news"]);

  batch.push("another such look", "whenever");
  type(1000);
  batch.bring();
  type(1000);
  expect(taken.length, "what is brought waits for hands, too").toBe(3);
  vi.advanceTimersByTime(600);
  expect(taken.at(-1)).toEqual(["another such look"]);
  batch.push("and one more", "whenever");
  batch.bring();
  expect(taken.at(-1), "or is there at once").toEqual(["and one more"]);
  expect(taken.length).toBe(5);

  batch.push("of a lost connection", "rest");
  batch.clear();
  vi.advanceTimersByTime(10_000);
  expect(taken.length).toBe(5);
});

test("what a key leads to is drawn after its release, where nobody holds it down", () => {
  const run = vi.fn();
  afterPress(run);
  vi.advanceTimersByTime(20);
  expect(run, "a press of the pointer").toHaveBeenCalledTimes(1);

  touch("keydown");
  afterPress(run);
  vi.advanceTimersByTime(100);
  expect(run).toHaveBeenCalledTimes(1);
  touch("keyup");
  vi.advanceTimersByTime(20);
  expect(run).toHaveBeenCalledTimes(2);

  touch("keydown");
  afterPress(run);
  vi.advanceTimersByTime(400);
  expect(run, "held down").toHaveBeenCalledTimes(3);
  touch("keyup");
  vi.advanceTimersByTime(400);
  expect(run, "once").toHaveBeenCalledTimes(3);
});
