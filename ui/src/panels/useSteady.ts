import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type GuestRow, inOrderOf } from "../model/guests";

/** So long after the pointer has left the order is kept: a finger leaves with every press. */
const GRACE = 3000;
/** A pointer that rests for so long was left there: problems come first again. */
const REST = 15_000;

/**
 * Rows whose order stays while somebody points at them: what is pressed next must not be another guest. What comes stands last
 * then, what goes leaves no gap; another choice of order or filter is followed at once.
 */
export function useSteady(rows: readonly GuestRow[], choice: string) {
  const [isHeld, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const kept = useRef({ choice: "", of: rows, rows });
  const steady = useMemo(() => {
    const isSame = isHeld && kept.current.choice === choice;
    if (isSame && kept.current.of === rows) return kept.current.rows;
    const now = isSame ? inOrderOf(kept.current.rows, rows) : rows;
    kept.current = { choice, of: rows, rows: now };
    return now;
  }, [rows, choice, isHeld]);
  const releaseAfter = useCallback((millis: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), millis);
  }, []);
  const onPointerMove = useCallback(() => {
    setHeld(true);
    releaseAfter(REST);
  }, [releaseAfter]);
  const onPointerLeave = useCallback(() => releaseAfter(GRACE), [releaseAfter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { rows: steady, held: { onPointerMove, onPointerDown: onPointerMove, onPointerLeave } };
}
