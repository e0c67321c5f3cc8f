// What the models cost, as it is followed.
import { create } from "zustand";
import { ask } from "../api/http";
import { CostsDocument, CostUpdatesDocument } from "../api/generated/graphql";
import type { Costs } from "../api/types";
import { onConnection, onPoll } from "./session";

/** None while it is not known. */
export const useCosts = create<{ costs: Costs | null }>()(() => ({ costs: null }));

export function followCosts(): () => void {
  const off = onConnection((open) => void open.follow(CostUpdatesDocument, {}, ({ costUpdates }) => useCosts.setState({ costs: costUpdates }), () => undefined));
  const offPoll = onPoll(() => void ask(CostsDocument).then(({ costs }) => useCosts.setState({ costs }), () => undefined));
  return () => {
    off();
    offPoll();
    useCosts.setState({ costs: null });
  };
}
