import { useEffect, useRef, useState } from "react";
import type { TypedDocumentString } from "./generated/graphql";
import { Rounds } from "../model/rounds";
import { ask, told } from "./http";

export interface Asked<T> {
  data: T | null;
  error: string | null;
  /** When the data came, by this browser's clock, milliseconds. */
  answeredAt: number | null;
  again: () => void;
}

/**
 * A query of one view: asked when it appears, when its variables change, and when `since` does. Where `since` changes more often
 * than answers come, each answer is shown all the same, unless a later one was.
 */
export function useAsk<T, V>(document: TypedDocumentString<T, V>, variables: V, since: unknown = null): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "again">>({ data: null, error: null, answeredAt: null });
  const [count, setCount] = useState(0);
  /** Of the present variables; what was asked for others is shown no more. */
  const rounds = useRef<Rounds | null>(null);
  const key = JSON.stringify(variables);
  useEffect(() => {
    rounds.current = new Rounds();
    return () => {
      rounds.current = null;
    };
  }, [document, key]);
  useEffect(() => {
    // In a task of its own: a browser takes milliseconds to send, and a key that closes the view again waits for no question.
    const timer = setTimeout(() => {
      const mine = rounds.current;
      if (!mine) return;
      const isLatest = mine.ask();
      const show = (change: (old: Omit<Asked<T>, "again">) => Omit<Asked<T>, "again">) => {
        if (mine === rounds.current && isLatest()) setState(change);
      };
      ask(document, JSON.parse(key) as V).then(
        (data) => show(() => ({ data, error: null, answeredAt: Date.now() })),
        (error: unknown) => show((old) => ({ ...old, error: told(error) })),
      );
    });
    return () => clearTimeout(timer);
  }, [document, key, since, count]);
  return { ...state, again: () => setCount((old) => old + 1) };
}
