// Collects what arrives and hands it over once a frame; in a hidden tab, which has none, once a second.

/** A queue whose content is taken in one go. */
export class Batch<T> {
  #items: T[] = [];
  #waiting = false;
  readonly #take: (items: T[]) => void;
  readonly #limit: number;

  constructor(take: (items: T[]) => void, limit = 5000) {
    this.#take = take;
    this.#limit = limit;
  }

  /** One that can wait is handed over with the next that cannot, or by `flush`. */
  push(item: T, canWait = false): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit) this.flush();
    else if (!this.#waiting && !(canWait && !document.hidden)) this.#wait();
  }

  clear(): void {
    this.#items = [];
  }

  flush(): void {
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) this.#take(items);
  }

  /**
   * In a task of its own, so that none holds both the change and its painting. No frame is asked for here: one that shows
   * nothing new costs as much as any other. A hidden tab has no hurry.
   */
  #wait(): void {
    this.#waiting = true;
    const run = () => {
      this.#waiting = false;
      this.flush();
    };
    setTimeout(run, document.hidden ? 1000 : FRAME);
  }
}

/** About a frame: what comes within it is handed over together. */
const FRAME = 16;
