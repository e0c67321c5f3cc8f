import { useState } from "react";
import type { Card, Ticket } from "../api/types";
import { ui } from "../app/ui-state";
import { RefusalFacts } from "../cards/RefusedCard";
import { confirmTicket, lockReason, recall, reject } from "../commands/deeds";
import { secondsSince, useNow } from "../live/now";
import { live, useLive } from "../live/store";
import { countdown } from "../model/format";
import { ofTicket, tierOf } from "../model/status";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { TierMark } from "../ui/TierMark";

/** A request that came of what was said: to be confirmed, under way, over, or refused. It changes where it stands. */
export function ActionCard({ card }: { card: Card }) {
  const first = card.ticket;
  const known = useLive((state) => state.side?.tickets.find((one) => one.id === first?.id));
  const ticket = known ?? first;
  if (!ticket) return <p className="dim small">A request that is remembered no more; the audit keeps what became of it.</p>;
  if (ticket.refusal && ticket.state === "REFUSED") return <Refused ticket={ticket} />;
  return <Live ticket={ticket} notes={card.notes} />;
}

function Refused({ ticket }: { ticket: Ticket }) {
  const { refusal } = ticket;
  if (!refusal) return null;
  return (
    <article className="ask-card" data-tier={refusal.tier === "BLACK" ? "BLACK" : "RED"} aria-label={`Refused: ${ticket.action.text}`}>
      <header className="row">
        <TierMark tier={refusal.tier} />
        <h3 className="grow ask-title">{capital(ticket.action.text)}: refused</h3>
      </header>
      <RefusalFacts refusal={refusal} />
    </article>
  );
}

function Live({ ticket, notes }: { ticket: Ticket; notes: readonly string[] }) {
  useLive((state) => state.link);
  const decision = useLive((state) => state.plan?.decisions.find((one) => one.ticket === ticket.id));
  const now = useNow();
  const isWaiting = ticket.state === "AWAITING_CONFIRMATION";
  const tier = tierOf(ticket, decision);
  const left = isWaiting && ticket.expiresAt ? -secondsSince(ticket.expiresAt, now) : null;
  const untilSent = -secondsSince(ticket.notBefore, now);
  const state = ofTicket(ticket);
  return (
    <article className="ask-card" data-tier={isWaiting ? tier : "GREEN"} data-ticket={ticket.state} aria-label={ticket.action.text}>
      <header className="row">
        {isWaiting ? <TierMark tier={tier} /> : <Status shape={state.shape} word={state.word} />}
        <h3 className="grow ask-title">{capital(ticket.action.text)}</h3>
        {left === null ? null : <span className="mono dim">{left > 0 ? `expires ${countdown(left)}` : "expired"}</span>}
      </header>
      {isWaiting && notes.length > 0 ? <ul className="card-notes">{notes.map((line) => <li key={line}>{line}</li>)}</ul> : null}
      {isWaiting ? <Answer ticket={ticket} isRed={tier === "RED" || ticket.typed} isLapsed={left !== null && left <= 0} /> : null}
      {ticket.state === "QUEUED" && untilSent > 0 ? (
        <div className="row-wrap"><Button size="small" locked={lockReason()} onClick={() => void recall(ticket.id)}>Recall, {countdown(untilSent)}</Button></div>
      ) : null}
    </article>
  );
}

interface AnswerProps {
  ticket: Ticket;
  isRed: boolean;
  isLapsed: boolean;
}

function Answer({ ticket, isRed, isLapsed }: AnswerProps) {
  const [isBusy, setBusy] = useState(false);
  const run = async (deed: () => Promise<unknown>) => {
    setBusy(true);
    await deed();
    setBusy(false);
  };
  return (
    <div className="row-wrap">
      {isRed ? (
        <Button look="danger" locked={lockReason()} disabled={isLapsed} onClick={() => review(ticket)}>Review: {ticket.action.text}</Button>
      ) : (
        <Button look="primary" locked={lockReason()} disabled={isLapsed || isBusy} onClick={() => void run(() => confirmTicket(ticket, null))}>{capital(ticket.action.text)}</Button>
      )}
      <Button locked={lockReason()} disabled={isBusy} onClick={() => void run(() => reject(ticket.id))}>Dismiss</Button>
    </div>
  );
}

/** The card over the page, where the target is typed and the button held; it finds the ticket in the store. */
function review(ticket: Ticket): void {
  live.set(({ side }) => (side && !side.tickets.some((one) => one.id === ticket.id) ? { side: { ...side, tickets: [ticket, ...side.tickets] } } : {}));
  ui.set({ card: { ticket: ticket.id } });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
