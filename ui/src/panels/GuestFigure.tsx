import { useLive } from "../live/store";
import type { GuestFigures } from "../model/figures";
import { percent, share, span } from "../model/format";

type Say = (figures: GuestFigures, vmid: number) => string;

/** A figure by itself: a row is not drawn anew for it. */
export function GuestFigure({ of, say }: { of: number; say: Say }) {
  return useLive((state) => say(state.figures, of));
}

export const cpuSaid: Say = (figures, vmid) => percent(figures.get(vmid, "cpu"));
export const memorySaid: Say = (figures, vmid) => percent(share(figures.get(vmid, "memBytes"), figures.get(vmid, "maxMemBytes")));
export const uptimeSaid: Say = (figures, vmid) => span(figures.get(vmid, "uptimeSeconds"));
