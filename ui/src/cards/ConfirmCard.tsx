import { useState } from "react";
import type { Action, Decision, Ticket, Tier } from "../api/types";
import { ui, type UiState } from "../app/ui-state";
import { confirmDecision, confirmTicket, lockReason, reject } from "../commands/deeds";
import { secondsSince, useNow } from "../live/now";
import { useLive } from "../live/store";
import { countdown } from "../model/format";
import { tierOf } from "../model/status";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { TierMark } from "../ui/TierMark";
import { HoldToConfirm } from "./HoldToConfirm";

/** One confirmation, bound to the digest of what is shown. Red ones are typed, where asked for, and held. */
export function ConfirmCard({ of }: { of: NonNullable<UiState["card"]> }) {
  const ticket = useLive((state) => ("ticket" in of ? state.side?.tickets.find((one) => one.id === of.ticket) : undefined));
  const decision = useLive((state) =>
    state.plan?.decisions.find((one) => ("ticket" in of ? one.ticket === of.ticket : one.id === of.decision)),
  );
  const close = () => ui.set({ card: null });
  if (ticket) {
    const isOver = ticket.state !== "AWAITING_CONFIRMATION";
    return <Card action={ticket.action} ticket={ticket} decision={decision} isOver={isOver} onClose={close} />;
  }
  if (decision && "decision" in of) return <Card action={decision.action} decision={decision} isOver={false} onClose={close} />;
  return (
    <Modal title="Confirm" look="card" onClose={close}>
      <p className="card-title">The world has changed.</p>
      <p>What this card was about is no longer planned. Nothing was done.</p>
      <footer><Button autoFocus onClick={close} keys="Esc">Close</Button></footer>
    </Modal>
  );
}

interface Props {
  action: Action;
  ticket?: Ticket;
  decision?: Decision | undefined;
  isOver: boolean;
  onClose: () => void;
}

function Card({ action, ticket, decision, isOver, onClose }: Props) {
  const now = useNow();
  const [typed, setTyped] = useState("");
  const tier: Tier = ticket ? tierOf(ticket, decision) : (decision?.verdict.tier ?? "RED");
  const mustType = ticket?.typed ?? decision?.verdict.typed ?? false;
  const name = useLive((state) => (action.vmid === null ? undefined : state.guests.get(action.vmid)?.name));
  const target = name ?? (action.vmid === null ? (action.node ?? action.host ?? "") : String(action.vmid));
  const isArmed = !mustType || (target !== "" && [target, String(action.vmid)].includes(typed.trim()));
  const left = ticket?.expiresAt ? -secondsSince(ticket.expiresAt, now) : null;
  const confirm = async () => {
    const said = mustType ? typed.trim() : null;
    const done = ticket ? await confirmTicket(ticket, said) : decision ? await confirmDecision(decision, said) : false;
    if (done) onClose();
  };
  return (
    <Modal
      title={mustType ? "Confirm, typed and held" : "Confirm"}
      look="card"
      tone={tier === "RED" ? "crit" : "warn"}
      note={left === null ? null : <span>{isOver ? "over" : `expires ${countdown(left)}`}</span>}
      onClose={onClose}
    >
      <TierMark tier={tier} />
      <p className="card-title">{sentenceCase(action.text)}?</p>
      <Consequences action={action} decision={decision} origin={ticket?.origin ?? decision?.origin} notes={ticket?.notes ?? []} />
      {mustType ? (
        <label className="field">
          <span>Type <b className="mono">{target}</b> to arm the button.</span>
          <input className="input mono" autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
      ) : null}
      {isOver ? <p className="tone-warn" role="alert">{ticket?.outcome ?? `It is ${ticket?.state.toLowerCase().replaceAll("_", " ")} by now.`}</p> : null}
      <footer className="row-wrap">
        {tier === "RED" ? (
          <HoldToConfirm word={sentenceCase(action.text)} isArmed={isArmed && !isOver && !lockReason()} onConfirm={() => void confirm()} />
        ) : (
          <Button look="primary" autoFocus locked={lockReason()} disabled={!isArmed || isOver} onClick={() => void confirm()} keys="Enter">{sentenceCase(action.text)}</Button>
        )}
        <Button autoFocus={tier === "RED"} onClick={onClose} keys="Esc">{ticket && !isOver ? "Later" : "Close"}</Button>
        {ticket && !isOver ? <Button onClick={() => { void reject(ticket.id); onClose(); }}>Dismiss</Button> : null}
      </footer>
      {tier === "RED" ? <p className="small dim">Hold for one second, or press Enter twice.</p> : null}
    </Modal>
  );
}

function Consequences({ action, decision, origin, notes }: { action: Action; decision: Decision | undefined; origin: string | undefined; notes: readonly string[] }) {
  const guests = useLive((state) => state.guests);
  const down = action.node && /reboot|shutdown/i.test(action.name)
    ? [...guests.values()].filter((guest) => guest.node === action.node && guest.status === "RUNNING").map((guest) => guest.name ?? String(guest.vmid))
    : [];
  return (
    <dl className="facts">
      {down.length > 0 ? <><dt>Goes down</dt><dd>{down.join(", ")}</dd></> : null}
      {decision?.verdict.reason ? <><dt>Why asked</dt><dd>{decision.verdict.reason}</dd></> : null}
      {origin ? <><dt>Asked by</dt><dd>{origin}</dd></> : null}
      {notes.map((line, at) => <FactLine key={line} word={at === 0 ? "To know" : ""} text={sentenceCase(line)} />)}
      {(decision?.evidence ?? []).map((line, at) => <FactLine key={line} word={at === 0 ? "Stands on" : ""} text={line} />)}
    </dl>
  );
}

function FactLine({ word, text }: { word: string; text: string }) {
  return (
    <>
      <dt>{word}</dt>
      <dd>{text}</dd>
    </>
  );
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
