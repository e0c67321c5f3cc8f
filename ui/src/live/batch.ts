// Collects what arrives and hands it over once per animation frame; in a hidden tab, which has no frames, once a second.

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

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit) this.flush();
    else if (!this.#waiting) this.#wait();
  }

  clear(): void {
    this.#items = [];
  }

  flush(): void {
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) this.#take(items);
  }

  #wait(): void {
    this.#waiting = true;
    const run = () => {
      this.#waiting = false;
      this.flush();
    };
    later(run);
  }
}

/**
 * Runs once a frame is drawn, in a task of its own: what it changes is laid out and painted in the frame after, so that
 * no single task holds both. A hidden tab has no frames.
 */
export function later(run: () => void): void {
  if (document.hidden) setTimeout(run, 1000);
  else requestAnimationFrame(() => setTimeout(run));
}
