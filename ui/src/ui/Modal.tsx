import { type ReactNode, useDeferredValue, useId, useLayoutEffect, useRef } from "react";

interface Props {
  title: string;
  /** `card` in the middle, `drawer` at the side, `palette` at the top, `sheet` at the bottom. */
  look: "card" | "drawer" | "palette" | "sheet";
  tone?: "crit" | "warn" | "black" | undefined;
  note?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** A real dialog element: it keeps the focus inside, closes on Escape and gives the focus back. */
export function Modal({ title, look, tone, note, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A drawer stands at once; what is in it is drawn right after.
  const isFilled = useDeferredValue(true, look !== "drawer");
  // While it still stands in the page: one that is taken out of it first gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => {
      element?.close();
      calm();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`modal modal-${look}`}
      aria-labelledby={id}
      data-tone={tone}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={look === "drawer" ? "drawer-inner" : "card"}>
        <header className="modal-head">
          <h2 className={look === "palette" ? "sr" : "panel-title"} id={id}>
            {title}
          </h2>
          {look === "palette" ? null : <span className="panel-rule" aria-hidden="true" />}
          {note ? <div className="panel-note">{note}</div> : null}
          {look === "drawer" || look === "sheet" ? (
            <button type="button" className="btn btn-small" onClick={onClose}>
              Close {look === "drawer" ? <kbd aria-hidden="true">Esc</kbd> : null}
            </button>
          ) : null}
        </header>
        <div className="modal-body" tabIndex={look === "drawer" ? 0 : undefined} role={look === "drawer" ? "group" : undefined} aria-labelledby={look === "drawer" ? id : undefined}>
          {isFilled ? children : null}
        </div>
      </div>
    </dialog>
  );
}

const CALM = 400;
const shield = document.createElement("div");
shield.className = "calm";
let lowered: ReturnType<typeof setTimeout>;

/**
 * Where a card was, presses are ignored for a moment: nobody should press what appears under their finger. By something in
 * front of the page, for which nothing in the page is styled anew.
 */
function calm(): void {
  document.body.append(shield);
  clearTimeout(lowered);
  lowered = setTimeout(() => shield.remove(), CALM);
}
