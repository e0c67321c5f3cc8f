import { useEffect, useRef } from "react";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { dismiss, useUi } from "./ui-state";

/** Passing notes: what was accepted, what was not. */
export function Notes() {
  const notes = useUi((state) => state.notes);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Shown anew as a popover it lies over an open dialog, too.
    const on = box.current;
    if (!on) return;
    if (on.matches(":popover-open")) on.hidePopover();
    if (notes.length > 0) on.showPopover();
  }, [notes]);
  return (
    <div className="notes" role="status" aria-live="polite" popover="manual" ref={box}>
      {notes.map((note) => (
        <div key={note.id} className="note fresh" data-tone={note.tone}>
          <Glyph shape={note.tone} />
          <p className="grow">
            <b>{note.text}</b>
            {note.detail ? <span className="note-detail">{note.detail}</span> : null}
          </p>
          {note.offer ? <Button size="small" onClick={() => { note.offer?.run(); dismiss(note.id); }}>{note.offer.word}</Button> : null}
          <button type="button" className="link" aria-label="Dismiss" onClick={() => dismiss(note.id)}>×</button>
        </div>
      ))}
    </div>
  );
}
