/** Answers to one question that is asked again and again: which of them is shown. */
export class Rounds {
  #asked = 0;
  #shown = 0;

  /** Asks anew. What it returns says, once its answer is there, whether that is the latest so far, and remembers that it is shown. */
  ask(): () => boolean {
    const number = ++this.#asked;
    return () => {
      if (number <= this.#shown) return false;
      this.#shown = number;
      return true;
    };
  }
}
