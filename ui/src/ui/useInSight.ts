import { type RefObject, useEffect, useState } from "react";

/** Whether an element of a scrolled panel is in sight or nearly so; `first` until that is known. */
export function useInSight(element: RefObject<HTMLElement | null>, first: boolean): boolean {
  const [isInSight, setInSight] = useState(first);
  useEffect(() => {
    const on = element.current;
    if (!on) return;
    const of = { root: on.closest(".scroll"), rootMargin: NEAR };
    const watch = new IntersectionObserver((entries) => setInSight(entries.at(-1)?.isIntersecting ?? first), of);
    watch.observe(on);
    return () => watch.disconnect();
  }, [element, first]);
  return isInSight;
}

const NEAR = "100px";
