import { Glyph } from "../ui/Glyph";
import { dismiss, useUi } from "./ui-state";

/** Passing notes: what was accepted, what was not. */
export function Notes() {
  const notes = useUi((state) => state.notes);
  return (
    <div className="notes" role="status" aria-live="polite">
      {notes.map((note) => (
        <div key={note.id} className="note fresh" data-tone={note.tone}>
          <Glyph shape={note.tone} />
          <p className="grow">
            <b>{note.text}</b>
            {note.detail ? <span className="note-detail">{note.detail}</span> : null}
          </p>
          <button type="button" className="link" aria-label="Dismiss" onClick={() => dismiss(note.id)}>×</button>
        </div>
      ))}
    </div>
  );
}
