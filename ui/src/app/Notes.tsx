import { useEffect, useRef } from "react";
import { isRecallable, recall } from "../commands/deeds";
import { secondsSince, useNow } from "../live/now";
import { useLive } from "../live/store";
import { countdown } from "../model/format";
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
          {note.ticket ? <TakeBack ticket={note.ticket} done={() => dismiss(note.id)} /> : null}
          <button type="button" className="link" aria-label="Dismiss" onClick={() => dismiss(note.id)}>×</button>
        </div>
      ))}
    </div>
  );
}

/** Offered only while the server holds the request; after that nothing would come of it. */
function TakeBack({ ticket, done }: { ticket: string; done: () => void }) {
  const now = useNow();
  const known = useLive((state) => state.side?.tickets.find((one) => one.id === ticket));
  if (!known || !isRecallable(known)) return null;
  return (
    <Button size="small" onClick={() => { void recall(ticket); done(); }}>
      Recall <span className="mono">{countdown(-secondsSince(known.notBefore, now))}</span>
    </Button>
  );
}
