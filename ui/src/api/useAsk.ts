import { useEffect, useState } from "react";
import type { TypedDocumentString } from "./generated/graphql";
import { ask, told } from "./http";

export interface Asked<T> {
  data: T | null;
  error: string | null;
  /** When the data came, by this browser's clock, milliseconds. */
  answeredAt: number | null;
  again: () => void;
}

/** A query of one view: asked when it appears, when its variables change, and when `since` does. */
export function useAsk<T, V>(document: TypedDocumentString<T, V>, variables: V, since: unknown = null): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "again">>({ data: null, error: null, answeredAt: null });
  const [count, setCount] = useState(0);
  const key = JSON.stringify(variables);
  useEffect(() => {
    let isWanted = true;
    ask(document, JSON.parse(key) as V).then(
      (data) => isWanted && setState({ data, error: null, answeredAt: Date.now() }),
      (error: unknown) => isWanted && setState((old) => ({ ...old, error: told(error) })),
    );
    return () => {
      isWanted = false;
    };
  }, [document, key, since, count]);
  return { ...state, again: () => setCount((old) => old + 1) };
}
