// What the models cost, as it is followed.
import { create } from "zustand";
import { CostUpdatesDocument } from "../api/generated/graphql";
import type { Costs } from "../api/types";
import { onConnection } from "./session";

/** None while it is not known. */
export const useCosts = create<{ costs: Costs | null }>()(() => ({ costs: null }));

export function followCosts(): () => void {
  const off = onConnection((open) => void open.follow(CostUpdatesDocument, {}, ({ costUpdates }) => useCosts.setState({ costs: costUpdates }), () => undefined));
  return () => {
    off();
    useCosts.setState({ costs: null });
  };
}
