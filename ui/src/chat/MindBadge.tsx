import { useId } from "react";
import type { Mind } from "../api/types";
import { mindName, spentOn } from "../model/speech";
import { Glyph } from "../ui/Glyph";

/** Which mind answered; on hover or focus why that one, and what it took. */
export function MindBadge({ mind }: { mind: Mind }) {
  const id = useId();
  return (
    <span className="mind">
      <button type="button" className="link mind-name mono" aria-describedby={id}>
        <Glyph shape={mind.local ? "ok" : "acting"} label={mind.local ? "stayed in the house" : "left the house"} />
        {mindName(mind)}
      </button>
      <span className="mind-more" role="tooltip" id={id}>
        <span>{mind.reason}</span> <span className="dim">{spentOn(mind)}</span>
      </span>
    </span>
  );
}
