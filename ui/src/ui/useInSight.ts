import { type RefObject, useEffect, useState } from "react";

/** Whether an element is in sight or nearly so; `first` until that is known. */
export function useInSight(element: RefObject<HTMLElement | null>, first: boolean): boolean {
  const [isInSight, setInSight] = useState(first);
  useEffect(() => {
    const on = element.current;
    if (!on) return;
    const near: IntersectionObserverInit = { rootMargin: NEAR, scrollMargin: NEAR };
    const watch = new IntersectionObserver((entries) => setInSight(entries.at(-1)?.isIntersecting ?? first), near);
    watch.observe(on);
    return () => watch.disconnect();
  }, [element, first]);
  return isInSight;
}

const NEAR = "100px";
