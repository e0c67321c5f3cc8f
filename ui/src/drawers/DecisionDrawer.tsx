import { open, permalink } from "../app/places";
import { ui } from "../app/ui-state";
import { lockReason } from "../commands/deeds";
import { RefusalFacts } from "../cards/RefusedCard";
import { useLive } from "../live/store";
import { dateTime } from "../model/format";
import { ofDecision } from "../model/status";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { Modal } from "../ui/Modal";
import { TierMark } from "../ui/TierMark";
import { Part } from "./parts";

/** Why: the decision, the verdict of the guard, and the facts both stand on. */
export function DecisionDrawer({ id }: { id: string }) {
  const decision = useLive((state) => state.plan?.decisions.find((one) => one.id.startsWith(id)));
  useLive((state) => state.link);
  if (!decision) {
    return (
      <Modal title={`Decision ${id.slice(0, 8)}`} look="drawer" onClose={() => open(null)}>
        <p>The present plan has no such decision: it was carried out, or the world changed. The activity feed and the audit keep what became of it.</p>
        <p className="mono">jarvis explain {id}</p>
      </Modal>
    );
  }
  const state = ofDecision(decision);
  const { verdict } = decision;
  return (
    <Modal title="Why" look="drawer" note={<span>{decision.id.slice(0, 8)}</span>} onClose={() => open(null)}>
      <div className="stack drawer-stack">
        <div className="row-wrap"><TierMark tier={verdict.tier} /><Status shape={state.shape} word={state.word} /></div>
        <p className="card-title">{decision.action.text}</p>
        {verdict.reason ? <p>{verdict.reason}</p> : null}
        <dl className="facts">
          <dt>Wanted by</dt><dd>{decision.origin}</dd>
          {decision.resource ? <><dt>Resource</dt><dd>{decision.resource}</dd></> : null}
          {decision.issue ? <><dt>Issue</dt><dd className="mono">{decision.issue}</dd></> : null}
          {decision.attempt > 0 ? <><dt>Attempt</dt><dd>{decision.attempt}</dd></> : null}
          {verdict.rule ? <><dt>Rule</dt><dd className="mono">{verdict.rule} {verdict.code}</dd></> : null}
          {verdict.until ? <><dt>Looked at again</dt><dd>{dateTime(verdict.until)}</dd></> : null}
        </dl>
        {verdict.refusal ? <Part title="What stands against it"><RefusalFacts refusal={verdict.refusal} /></Part> : null}
        <Part title="The facts it stands on">
          <ul className="evidence">{decision.evidence.map((line) => <li key={line}>{line}</li>)}</ul>
        </Part>
        <div className="row-wrap">
          {verdict.kind === "CONFIRM" ? <Button look="primary" locked={lockReason()} onClick={() => ui.set({ card: { decision: decision.id } })}>Review and confirm</Button> : null}
          <Button onClick={() => void navigator.clipboard.writeText(permalink(`decision/${id}`))}>Copy link</Button>
        </div>
      </div>
    </Modal>
  );
}
