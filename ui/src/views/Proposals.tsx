import { ask, told } from "../api/http";
import { ApproveProposalDocument, type ProposalsQuery, RejectProposalDocument } from "../api/generated/graphql";
import type { Proposal } from "../api/types";
import type { Asked } from "../api/useAsk";
import { note } from "../app/ui-state";
import { lockReason } from "../commands/deeds";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { inLocalTime, when } from "../model/format";
import type { Shape } from "../model/status";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { Empty, Panel, Unanswered } from "../ui/Panel";

interface Props {
  asked: Asked<ProposalsQuery>;
}

/** Changes of manifests that wait for a person, and those that were answered. */
export function Proposals({ asked }: Props) {
  const proposals = asked.data?.proposals;
  return (
    <Panel title="Proposals" age={asked} scroll className="proposals">
      {proposals ? null : <Unanswered asked={asked} rows={3} for="the proposals" />}
      {proposals?.length === 0 ? (
        <Empty title="No proposal.">
          <p className="dim">What is proposed here, in a chat or by an assistant waits in this place for a person. Approved, it becomes a commit with you as its author.</p>
        </Empty>
      ) : null}
      <div className="stack">
        {(proposals ?? []).map((proposal) => <ProposalCard key={proposal.id} proposal={proposal} onChanged={asked.again} />)}
      </div>
    </Panel>
  );
}

const SHAPES: { [state: string]: Shape } = { WAITING: "warn", APPROVED: "acting", PUSHED: "acting", APPLIED: "ok", REJECTED: "off", EXPIRED: "off", FAILED: "crit", CONFLICT: "crit" };

/** One change: what it is, what would come of it, and the answer to it. */
export function ProposalCard({ proposal, onChanged }: { proposal: Proposal; onChanged: () => void }) {
  useLive((state) => state.link);
  const isWaiting = proposal.state === "WAITING";
  const answer = async (said: string, run: () => Promise<unknown>) => {
    try {
      await run();
      note("ok", said);
    } catch (error) {
      note("crit", "Not done", told(error));
    }
    onChanged();
  };
  return (
    <article className={isWaiting ? "ask-card" : "part"} data-tier={isWaiting ? "YELLOW" : undefined}>
      <header className="row">
        <h3 className="ask-title grow">{proposal.title}</h3>
        <span className="mono dim">{when(proposal.madeAt, serverNow())}</span>
      </header>
      <Status shape={SHAPES[proposal.state] ?? "unknown"} word={inLocalTime(proposal.outcome)} />
      <p className="small dim">{proposal.by}{proposal.commit ? ` · commit ${proposal.commit.slice(0, 8)}` : ""}</p>
      {isWaiting ? (
        <>
          <p>{proposal.effect}</p>
          <Diff text={proposal.diff} />
          <div className="row-wrap">
            <Button look="primary" locked={lockReason() || (!proposal.mayApprove && (proposal.needsReason ?? "You may not approve this one"))} onClick={() => void answer("Approved", () => ask(ApproveProposalDocument, { id: proposal.id, digest: proposal.digest }))}>Approve</Button>
            <Button locked={lockReason()} onClick={() => void answer("Rejected", () => ask(RejectProposalDocument, { id: proposal.id, reason: "" }))}>Reject</Button>
          </div>
        </>
      ) : null}
    </article>
  );
}

/** A unified diff, a line each. */
export function Diff({ text }: { text: string }) {
  return (
    <pre className="diff" tabIndex={0} aria-label="Difference">
      {text.split("\n").map((line, at) => (
        <span key={`${at} ${line}`} className="diff-line" data-sign={/^[+-](?![+-]{2})/.test(line) ? line[0] : " "}>{line}{"\n"}</span>
      ))}
    </pre>
  );
}
