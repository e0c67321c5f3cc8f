import { useState } from "react";
import type { Message } from "../api/types";
import { go, open } from "../app/places";
import { serverNow } from "../live/now";
import { live } from "../live/store";
import { when } from "../model/format";
import { type Place, placeOf } from "../model/speech";

/** A list of all guests rests on as many facts; so many stand there unasked. */
const FEW = 6;

/** What the answer rests on, as small notes that lead to where it stands. */
export function Facts({ facts }: { facts: Message["facts"] }) {
  const [isOpen, setOpen] = useState(false);
  if (facts.length === 0) return null;
  const shown = isOpen || facts.length <= FEW + 1 ? facts : facts.slice(0, FEW);
  return (
    <ul className="facts-notes" aria-label="What this rests on">
      {shown.map((fact, at) => <FactNote key={`${at} ${fact.source}`} fact={fact} number={at + 1} />)}
      {shown.length < facts.length ? <li><button type="button" className="chip fact" onClick={() => setOpen(true)}>and {facts.length - shown.length} more</button></li> : null}
    </ul>
  );
}

function show(place: NonNullable<Place>): void {
  if ("path" in place) return go(place.path);
  if ("open" in place) return open(place.open);
  const guest = [...live.get().guests.values()].find((one) => one.resource === place.resource);
  return guest ? open(`guest/${guest.vmid}`) : go("/manifests");
}

function FactNote({ fact, number }: { fact: Message["facts"][number]; number: number }) {
  const place = placeOf(fact.source);
  const seen = fact.at ? `, ${when(fact.at, serverNow())}` : "";
  const text = (
    <>
      <span className="fact-number" aria-hidden="true">{number}</span>
      <span className="mono cut-text">{fact.source}</span>
      <span className="sr">: {fact.claim}</span>
    </>
  );
  const title = `${fact.claim} (${fact.source}${seen})`;
  return (
    <li>
      {place ? (
        <button type="button" className="chip fact" title={title} onClick={() => show(place)}>{text}</button>
      ) : (
        <span className="chip fact" title={title}>{text}</span>
      )}
    </li>
  );
}
