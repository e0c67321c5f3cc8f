import type { Action, Decision, Ticket } from "../api/types";
import { ui } from "../app/ui-state";
import { lockReason, recall, reject } from "../commands/deeds";
import { secondsSince, useNow } from "../live/now";
import { useLive } from "../live/store";
import { countdown } from "../model/format";
import { ofTicket, tierOf } from "../model/status";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { TierMark } from "../ui/TierMark";
import { AnnouncedCard } from "./Announced";
import { useAnnounced, useWaiting } from "./derived";

/** What is announced and everything that waits for the person, as cards; and what runs or can still be recalled, as lines; but for tickets that stand elsewhere already. */
export function WaitingCards({ except }: { except?: ReadonlySet<string> }) {
  const waiting = useWaiting();
  const starts = useAnnounced();
  const tickets = waiting.tickets.filter((ticket) => !except?.has(ticket.id));
  const decisions = waiting.decisions.filter((decision) => !(decision.ticket && except?.has(decision.ticket)));
  const queued = waiting.queued.filter((ticket) => !except?.has(ticket.id));
  if (starts.length + tickets.length + decisions.length + queued.length === 0) return null;
  return (
    <div className="waiting">
      {starts.map((start) => (
        <AnnouncedCard key={start.issue.key} start={start} />
      ))}
      {tickets.map((ticket) => (
        <TicketCard key={ticket.id} ticket={ticket} />
      ))}
      {decisions.map((decision) => (
        <DecisionCard key={decision.id} decision={decision} />
      ))}
      {queued.map((ticket) => (
        <QueuedLine key={ticket.id} ticket={ticket} />
      ))}
    </div>
  );
}

/** "Start guest 105, win-lab": what is asked for, and whom it is about by name. */
function useActionText({ text, vmid }: Action): string {
  const name = useLive((state) => (vmid ? state.guests.get(vmid)?.name : undefined));
  const said = text.charAt(0).toUpperCase() + text.slice(1);
  return name && !said.includes(name) ? `${said}, ${name}` : said;
}

function TicketCard({ ticket }: { ticket: Ticket }) {
  const decision = useLive((state) => state.plan?.decisions.find((one) => one.ticket === ticket.id));
  const now = useNow();
  const tier = tierOf(ticket, decision);
  return (
    <article className="ask-card" data-tier={tier}>
      <header className="row">
        <TierMark tier={tier} />
        <h3 className="grow ask-title">{useActionText(ticket.action)}</h3>
        {ticket.expiresAt ? <span className="mono dim">expires {countdown(-secondsSince(ticket.expiresAt, now))}</span> : null}
      </header>
      <dl className="facts">
        <dt>Asked by</dt>
        <dd>{ticket.origin}</dd>
      </dl>
      <div className="row-wrap">
        <Button look="primary" locked={lockReason()} onClick={() => ui.set({ card: { ticket: ticket.id } })}>Review</Button>
        <Button locked={lockReason()} onClick={() => void reject(ticket.id)}>Dismiss</Button>
      </div>
    </article>
  );
}

function DecisionCard({ decision }: { decision: Decision }) {
  return (
    <article className="ask-card" data-tier={decision.verdict.tier}>
      <header className="row">
        <TierMark tier={decision.verdict.tier} />
        <h3 className="grow ask-title">{useActionText(decision.action)}</h3>
      </header>
      <p>{decision.verdict.reason ?? decision.evidence[0]}</p>
      <div className="row-wrap">
        <Button look="primary" locked={lockReason()} onClick={() => ui.set({ card: { decision: decision.id } })}>Review</Button>
      </div>
    </article>
  );
}

/** A request that is held for its recall time, queued or under way. */
export function QueuedLine({ ticket }: { ticket: Ticket }) {
  const now = useNow();
  const state = ofTicket(ticket);
  const left = -secondsSince(ticket.notBefore, now);
  const why = useLive((state) => state.plan?.report.find((one) => one.subject === `ticket ${ticket.id}`)?.text);
  return (
    <>
      <p className="queued row">
        <Status shape="acting" word={ticket.state === "QUEUED" && left > 0 ? `in ${countdown(left)}` : state.word} />
        <span className="strong grow">{ticket.action.text}</span>
        {ticket.state === "QUEUED" ? <Button size="small" locked={lockReason()} onClick={() => void recall(ticket.id)}>Recall</Button> : null}
      </p>
      {why && ticket.state === "QUEUED" && left <= 0 ? <p className="small">{why}</p> : null}
      {ticket.notes.map((note) => <p key={note} className="small tone-warn">{note}</p>)}
    </>
  );
}
