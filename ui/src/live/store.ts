// The one store. Components read it through `useLive` with a selector.
import { create } from "zustand";
import { empty, type State } from "./state";

export const useLive = create<State>()(() => empty);
export const live = { get: useLive.getState, set: useLive.setState };

/** Whether actions may be asked for: an old picture is nothing to act on. */
export function isLocked(state: State): boolean {
  return state.link !== "live" || !state.hasSnapshot;
}

/** Whether the person may act at all. */
export function mayAct(state: State): boolean {
  return state.me?.role === "OPERATOR" || state.me?.role === "ADMIN";
}
