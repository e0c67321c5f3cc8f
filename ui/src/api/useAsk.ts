import { useEffect, useRef, useState } from "react";
import type { TypedDocumentString } from "./generated/graphql";
import { ask, told } from "./http";

export interface Asked<T> {
  data: T | null;
  error: string | null;
  /** When the data came, by this browser's clock, milliseconds. */
  answeredAt: number | null;
  again: () => void;
}

/** Questions with the same variables: how many were asked, and which was the last whose answer is shown. */
interface Round {
  isWanted: boolean;
  asked: number;
  shown: number;
}

/**
 * A query of one view: asked when it appears, when its variables change, and when `since` does. Where `since` changes more often
 * than answers come, each answer is shown all the same, unless a later one was.
 */
export function useAsk<T, V>(document: TypedDocumentString<T, V>, variables: V, since: unknown = null): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "again">>({ data: null, error: null, answeredAt: null });
  const [count, setCount] = useState(0);
  const rounds = useRef<Round | null>(null);
  const key = JSON.stringify(variables);
  useEffect(() => {
    const round: Round = { isWanted: true, asked: 0, shown: 0 };
    rounds.current = round;
    return () => {
      round.isWanted = false;
    };
  }, [document, key]);
  useEffect(() => {
    const round = rounds.current;
    if (!round) return;
    const number = ++round.asked;
    const show = (change: (old: Omit<Asked<T>, "again">) => Omit<Asked<T>, "again">) => {
      if (!round.isWanted || number <= round.shown) return;
      round.shown = number;
      setState(change);
    };
    ask(document, JSON.parse(key) as V).then(
      (data) => show(() => ({ data, error: null, answeredAt: Date.now() })),
      (error: unknown) => show((old) => ({ ...old, error: told(error) })),
    );
  }, [document, key, since, count]);
  return { ...state, again: () => setCount((old) => old + 1) };
}
