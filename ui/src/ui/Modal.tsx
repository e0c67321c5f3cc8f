import { type ReactNode, useDeferredValue, useEffect, useEffectEvent, useId, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { tabbable } from "tabbable";

interface Props {
  title: string;
  /** `card` in the middle, `drawer` at the side, `palette` at the top, `sheet` at the bottom. */
  look: "card" | "drawer" | "palette" | "sheet";
  tone?: "crit" | "warn" | "black" | undefined;
  note?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A real dialog element: it keeps the focus inside, closes on Escape and gives the focus back. Not by `showModal`: that makes all
 * behind it inert, for which a browser styles the whole page anew when the dialog opens and again when it closes.
 */
export function Modal({ title, look, tone, note, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A drawer stands at once; what is in it is drawn right after.
  const isFilled = useDeferredValue(true, look !== "drawer");
  // While it still stands in the page: one that is taken out of it first gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.show();
    return () => {
      element?.close();
      calm();
    };
  }, []);
  const close = useEffectEvent(onClose);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const ends = [whenDismissed(element, () => close()), keepFocus(element)];
    return () => ends.forEach((end) => end());
  }, []);
  return createPortal(
    <dialog
      ref={dialog}
      className={`modal modal-${look}`}
      aria-modal="true"
      aria-labelledby={id}
      data-tone={tone}
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
    </dialog>,
    document.body,
  );
}

/** What TypeScript does not describe yet. */
declare class CloseWatcher {
  onclose: () => void;
  destroy(): void;
}

/** Runs when a person asks to close what was opened last: by Escape, and by a phone's Back where the browser tells of it. */
function whenDismissed(dialog: HTMLDialogElement, run: () => void): () => void {
  if (!("CloseWatcher" in window)) {
    return onKeys(dialog, (event) => {
      if (event.key === "Escape") run();
    });
  }
  let watcher: CloseWatcher;
  const watch = () => {
    watcher = new CloseWatcher();
    // Each hears one request; who stays open goes on listening.
    watcher.onclose = () => {
      watch();
      run();
    };
  };
  watch();
  return () => watcher.destroy();
}

/** Tab goes round inside, wherever the focus was; what takes the focus from elsewhere gives it back. The notes lie over all dialogs. */
function keepFocus(dialog: HTMLDialogElement): () => void {
  let last: HTMLElement | null = null;
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement) || !isTopmost(dialog)) return;
    if (dialog.contains(target)) last = target;
    else if (!target.closest(".notes")) (last?.isConnected ? last : tabbable(dialog)[0])?.focus();
  };
  window.addEventListener("focusin", onFocus);
  const end = onKeys(dialog, (event) => {
    if (event.key !== "Tab") return;
    const all = tabbable(dialog);
    const at = document.activeElement;
    const [end, begin] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
    if (at !== end && at !== dialog && dialog.contains(at)) return;
    event.preventDefault();
    begin?.focus();
  });
  return () => {
    end();
    window.removeEventListener("focusin", onFocus);
  };
}

/** Opened last, and nobody is asked to sign in again meanwhile. */
const isTopmost = (dialog: HTMLDialogElement): boolean =>
  dialog === [...document.querySelectorAll("dialog[open]")].at(-1) && document.querySelector("dialog:modal") === null;

/** Keys that nothing else has taken, while the dialog is the topmost. */
function onKeys(dialog: HTMLDialogElement, run: (event: KeyboardEvent) => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (!event.defaultPrevented && isTopmost(dialog)) run(event);
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
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
