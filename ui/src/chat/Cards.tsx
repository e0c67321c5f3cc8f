import { ProposalsDocument } from "../api/generated/graphql";
import type { Card, Proposal } from "../api/types";
import { useAsk } from "../api/useAsk";
import { lockReason } from "../commands/deeds";
import { say, useSpeaking } from "../live/conversation";
import { useLive } from "../live/store";
import { Button } from "../ui/Button";
import { ProposalCard } from "../views/Proposals";
import { ActionCard } from "./ActionCard";

/** What can be acted on, in the look it has everywhere. */
export function Cards({ cards }: { cards: readonly Card[] }) {
  return <>{cards.map((card, at) => <One key={card.ticket?.id ?? card.proposal?.id ?? at} card={card} />)}</>;
}

function One({ card }: { card: Card }) {
  switch (card.kind) {
    case "ACTION": return <ActionCard card={card} />;
    case "PROPOSAL": return card.proposal ? <Proposed first={card.proposal} /> : <p className="dim small">A proposal that is remembered no more.</p>;
    case "OFFER": return <Offer card={card} />;
  }
}

/** A manifest change; asked for anew whenever something happened, until nothing more can come of it. */
function Proposed({ first }: { first: Proposal }) {
  const head = useLive((state) => state.head);
  const asked = useAsk(ProposalsDocument, {}, head);
  const proposal = asked.data?.proposals.find((one) => one.id === first.id) ?? first;
  return <ProposalCard proposal={proposal} onChanged={asked.again} />;
}

function Offer({ card }: { card: Card }) {
  useLive((state) => state.link);
  const isBusy = useSpeaking((state) => state.saying !== null);
  return (
    <article className="ask-card" data-tier="GREEN" aria-label={card.title ?? "An offer"}>
      {card.title ? <h3 className="ask-title">{card.title}</h3> : null}
      <p>{card.reason}</p>
      <div className="row-wrap">
        <Button size="small" locked={lockReason()} disabled={isBusy || !card.say} onClick={() => void say(card.say ?? "")}>{card.say}</Button>
      </div>
    </article>
  );
}
