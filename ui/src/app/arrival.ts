// A page is drawn after the frame that answers the press which leads to it, and no later than the next key.
import { startTransition, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

let coming: (() => void) | undefined;

/** The address whose page stands: `at`, as soon as the bars have shown where the way leads. */
export function useArrival(at: string): string {
  const [stands, setStands] = useState(at);
  useLayoutEffect(() => {
    if (stands === at) return;
    coming = () => setStands(at);
    const frame = requestAnimationFrame(() => setTimeout(() => startTransition(() => coming?.())));
    return () => {
      coming = undefined;
      cancelAnimationFrame(frame);
    };
  }, [at, stands]);
  return stands;
}

/** How many of a page's parts stand: one with its first frame, another with each that follows. A key does not wait for a whole page. */
export function useParts(all: number): number {
  const [parts, setParts] = useState(1);
  useLayoutEffect(() => {
    if (parts === all) return;
    coming = () => setParts(all);
    const frame = requestAnimationFrame(() => setTimeout(() => startTransition(() => setParts(parts + 1))));
    return () => {
      coming = undefined;
      cancelAnimationFrame(frame);
    };
  }, [parts, all]);
  return parts;
}

/** Draws a page that is on its way at once: what comes next is meant for it. */
export function arrive(): void {
  flushSync(() => undefined);
  for (let draw = coming; draw; draw = coming) flushSync(draw);
}
