// Collects what arrives and hands it over once a frame; in a hidden tab, which has none, once a second.
import { atRest, isBusy } from "./hands";

/** A queue whose content is taken in one go. */
export class Batch<T> {
  #items: T[] = [];
  /** In a task of its own, so that none holds both the change and its painting. No frame is asked for: one that shows nothing new costs as much as any other. */
  #soon: ReturnType<typeof setTimeout> | undefined;
  #calledOff: (() => void) | undefined;
  readonly #take: (items: T[]) => void;
  readonly #limit: number;

  constructor(take: (items: T[]) => void, limit = 5000) {
    this.#take = take;
    this.#limit = limit;
  }

  /** `rest`: once the hands rest. `whenever`: with the next that is in more of a hurry, or by `flush`. A hidden tab knows no such thing. */
  push(item: T, when: "now" | "rest" | "whenever" = "now"): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit) this.flush();
    else if (when === "now" || document.hidden) this.#soon ??= setTimeout(() => this.flush(), document.hidden ? 1000 : FRAME);
    else if (when === "rest") this.#waitForHands(FRAME);
  }

  /** Hands over what is there: now, or once the hands rest. */
  bring(): void {
    if (!isBusy()) this.flush();
    else if (this.#items.length > 0) this.#waitForHands(0);
  }

  #waitForHands(soon: number): void {
    this.#calledOff ??= atRest(() => this.flush(), WAIT, { soon });
  }

  clear(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#calledOff?.();
    this.#calledOff = undefined;
    this.#items = [];
  }

  flush(): void {
    const items = this.#items;
    this.clear();
    if (items.length > 0) this.#take(items);
  }
}

/** About a frame: what comes within it is handed over together. */
const FRAME = 16;
/** Figures wait so long for hands at most. */
const WAIT = 4000;
