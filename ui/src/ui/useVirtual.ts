import { type RefObject, useEffect, useState } from "react";

export interface Slice {
  from: number;
  to: number;
}

const BEYOND = 8;
/** Rows come and go by so many: a step of the list by one row makes none. */
const STEP = 4;

/** Which rows of fixed height are in sight of a scrolled element, with some to spare. */
export function useVirtual(element: RefObject<HTMLElement | null>, count: number, rowHeight: number): Slice {
  const [slice, setSlice] = useState<Slice>({ from: 0, to: 40 });
  useEffect(() => {
    const on = element.current;
    if (!on) return;
    const look = () => {
      const from = Math.max(0, Math.floor(on.scrollTop / rowHeight / STEP) * STEP - BEYOND);
      const to = Math.ceil((on.scrollTop + on.clientHeight) / rowHeight / STEP) * STEP + BEYOND;
      setSlice((old) => (old.from === from && old.to === to ? old : { from, to }));
    };
    on.addEventListener("scroll", look, { passive: true });
    // Also looks for the first time, when all is laid out; to look at once would have it laid out just for that.
    const sizes = new ResizeObserver(look);
    sizes.observe(on);
    return () => {
      on.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [element, rowHeight, count > 0]);
  return { from: Math.min(slice.from, Math.max(0, count - 1)), to: Math.min(slice.to, count) };
}
