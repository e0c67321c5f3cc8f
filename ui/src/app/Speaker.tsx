import { useEffect, useRef, useState } from "react";
import { live, useLive } from "../live/store";

const EVERY = 5000;

/** Reads the feed to those who do not see it: at most one message in five seconds, with a count. */
export function Speaker() {
  const head = useLive((state) => state.feed[0]?.seq ?? 0);
  const [said, setSaid] = useState("");
  const known = useRef(0);
  const spokeAt = useRef(0);
  useEffect(() => {
    if (known.current === 0) known.current = head;
    if (head <= known.current) return;
    const speak = () => {
      const fresh = live.get().feed.filter((record) => record.seq > known.current);
      known.current = fresh[0]?.seq ?? known.current;
      spokeAt.current = Date.now();
      const first = fresh[0];
      if (first) setSaid(fresh.length === 1 ? first.title : `${first.title}, and ${fresh.length - 1} more`);
    };
    const timer = setTimeout(speak, Math.max(0, spokeAt.current + EVERY - Date.now()));
    return () => clearTimeout(timer);
  }, [head]);
  return <p className="sr" aria-live="polite">{said}</p>;
}
