import { useMemo } from "react";
import type { Asked } from "../api/useAsk";
import { refreshSoon } from "./session";
import { useLive } from "./store";

/** How what has no subscription stands: when it was answered, and why it was not since. What it says is `state.side`. */
export function useSide(): Omit<Asked<unknown>, "data"> {
  const at = useLive((state) => state.sideAt);
  const error = useLive((state) => state.sideError);
  return useMemo(() => ({ answeredAt: at || null, error, again: refreshSoon }), [at, error]);
}
