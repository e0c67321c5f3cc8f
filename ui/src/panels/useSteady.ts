import { useCallback, useMemo, useRef, useState } from "react";
import { type GuestRow, inOrderOf } from "../model/guests";

/** So long after the pointer has left the order is kept: a finger leaves with every press. */
const GRACE = 3000;

/**
 * Rows in an order that stays while somebody points at them: what is pressed next must not be another guest. What comes stands
 * last then, what goes leaves no gap; another `choice` of order or filter is followed at once.
 */
export function useSteady(rows: readonly GuestRow[], choice: string) {
  const [isHeld, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const kept = useRef<{ choice: string; rows: readonly GuestRow[] }>({ choice, rows });
  const steady = useMemo(() => {
    const isSame = isHeld && kept.current.choice === choice;
    const now = isSame ? inOrderOf(kept.current.rows, rows) : rows;
    kept.current = { choice, rows: now };
    return now;
  }, [rows, choice, isHeld]);
  const onPointerEnter = useCallback(() => {
    clearTimeout(timer.current);
    setHeld(true);
  }, []);
  const onPointerLeave = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), GRACE);
  }, []);
  return { rows: steady, held: { onPointerEnter, onPointerLeave } };
}
