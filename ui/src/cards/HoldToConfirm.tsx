import { useEffect, useRef, useState } from "react";

const HOLD = 1000;
const TWICE_WITHIN = 1500;

interface Props {
  word: string;
  isArmed: boolean;
  onConfirm: () => void;
}

/** A button that is held for one second, or pressed twice by Enter. */
export function HoldToConfirm({ word, isArmed, onConfirm }: Props) {
  const [isHeld, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const enterAt = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const press = () => {
    if (!isArmed) return;
    setHeld(true);
    timer.current = setTimeout(() => {
      setHeld(false);
      onConfirm();
    }, HOLD);
  };
  const release = () => {
    setHeld(false);
    clearTimeout(timer.current);
  };
  return (
    <button
      type="button"
      className="btn btn-danger hold"
      disabled={!isArmed}
      data-held={isHeld ? "" : undefined}
      onPointerDown={press}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.repeat) return;
        event.preventDefault();
        if (Date.now() - enterAt.current < TWICE_WITHIN) onConfirm();
        enterAt.current = Date.now();
      }}
    >
      <i className="hold-fill" aria-hidden="true" />
      <span>Press and hold: {word}</span>
    </button>
  );
}
