// A page is drawn after the frame that answers the press which leads to it, and no later than the next key.
import { startTransition, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

/** What is on its way, as it would be drawn. */
const coming = new Set<() => void>();

/** Has something drawn after the next frame, or at once by `arrive`. What is returned calls it off. */
function comes(draw: () => void): () => void {
  coming.add(draw);
  const frame = requestAnimationFrame(() => setTimeout(() => coming.has(draw) && startTransition(draw)));
  return () => {
    coming.delete(draw);
    cancelAnimationFrame(frame);
  };
}

/** The address whose page stands: `at`, as soon as the bars have shown where the way leads. */
export function useArrival(at: string): string {
  const [stands, setStands] = useState(at);
  useLayoutEffect(() => (stands === at ? undefined : comes(() => setStands(at))), [at, stands]);
  return stands;
}

/** How many of a page's parts stand: one with its first frame, another with each that follows. A key does not wait for a whole page. */
export function useParts(all: number): number {
  const [parts, setParts] = useState(1);
  useLayoutEffect(() => (parts === all ? undefined : comes(() => setParts(parts + 1))), [parts, all]);
  return parts;
}

/** Draws what is on its way at once: what comes next is meant for it. */
export function arrive(): void {
  flushSync(() => undefined);
  while (coming.size > 0) {
    const all = [...coming];
    coming.clear();
    flushSync(() => all.forEach((draw) => draw()));
  }
}
