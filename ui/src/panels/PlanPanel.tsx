import type { Decision } from "../api/types";
import { go, open } from "../app/places";
import { ui } from "../app/ui-state";
import { confirmDigest, lockReason } from "../commands/deeds";
import { useLive } from "../live/store";
import { clock, many, short } from "../model/format";
import { ofDecision } from "../model/status";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { Drift } from "./Drift";
import { useCounters } from "./derived";

/** What differs from the manifests, what would be done about it in which order, and why what waits. */
export function PlanPanel({ full = false }: { full?: boolean }) {
  const plan = useLive((state) => state.plan);
  const revision = plan ? `revision ${short(plan.revision)}` : "";
  return (
    <Panel title="Drift and plan" age="push" note={<span>{revision}</span>} scroll className="plan">
      {plan ? null : <Waiting rows={3} for="the first plan" />}
      {plan && plan.decisions.length === 0 && plan.report.length === 0 ? <InSync /> : null}
      {plan && (plan.decisions.length > 0 || plan.report.length > 0) ? <Contents full={full} /> : null}
      <Withheld />
    </Panel>
  );
}

function InSync() {
  const counters = useCounters();
  const plan = useLive((state) => state.plan);
  const revision = useLive((state) => state.side?.revision);
  const drift = counters.drifting + counters.unwell + counters.failed;
  if (counters.total === 0) return <NoManifests />;
  return (
    <Empty title="Nothing to do." well={drift === 0}>
      <p>
        {drift > 0
          ? `${many(drift, "resource needs", "resources need")} your attention; no step of mine would mend ${drift === 1 ? "it" : "them"}.`
          : `All ${counters.total} resources match revision ${short(plan?.revision)}${revision?.at ? `, in force since ${clock(revision.at)}` : ""}.`}
      </p>
      {drift > 0 ? <Drift /> : null}
      <Button onClick={() => go("/manifests")} keys="E">Open manifests</Button>
    </Empty>
  );
}

/** Without manifests I only watch; they can be written from what runs. */
function NoManifests() {
  return (
    <Empty title="No manifest is in force.">
      <p>So I only watch. What runs now can be written down as it is, without changing anything:</p>
      <pre className="code" tabIndex={0} aria-label="Command">jarvis adopt</pre>
      <Button onClick={() => go("/manifests")} keys="E">Open manifests</Button>
    </Empty>
  );
}

function Contents({ full }: { full: boolean }) {
  const plan = useLive((state) => state.plan);
  useLive((state) => state.link);
  if (!plan) return null;
  const asking = plan.decisions.filter((decision) => decision.verdict.kind === "CONFIRM");
  const needsAll = asking.length > 1;
  return (
    <div className="plan-body">
      <Drift />
      <ol className="steps">
        {plan.decisions.map((decision) => (
          <Step key={decision.id} decision={decision} full={full} />
        ))}
      </ol>
      {plan.report.length > 0 ? (
        <dl className="report">
          {plan.report.slice(0, full ? 200 : 6).map((line) => (
            <div key={line.subject + line.text}>
              <dt>{line.subject}</dt>
              <dd>{line.text}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {plan.decisions.length > 0 ? (
        <footer className="plan-foot">
          <span>{many(plan.decisions.length, "step")}</span>
          {needsAll ? (
            <Button look="primary" keys="A" locked={lockReason()} onClick={() => void confirmDigest(plan.digest, "the plan")}>Apply all</Button>
          ) : null}
        </footer>
      ) : null}
    </div>
  );
}

function Step({ decision, full }: { decision: Decision; full: boolean }) {
  const { shape, word } = ofDecision(decision);
  const { verdict } = decision;
  return (
    <li className="step">
      <Glyph shape={shape} label={word} />
      <button type="button" className="link step-text" onClick={() => open(`decision/${decision.id.slice(0, 16)}`)}>
        <span className="strong">{decision.action.text}</span>
        {full || verdict.kind !== "PERMIT" ? <span className="dim small">{verdict.reason ?? word}</span> : null}
      </button>
      <span className="mono dim" data-tier-word={verdict.tier}>{verdict.tier.toLowerCase()}</span>
      {verdict.kind === "CONFIRM" ? (
        <Button size="small" look="primary" locked={lockReason()} onClick={() => ui.set({ card: { decision: decision.id } })}>Review</Button>
      ) : null}
    </li>
  );
}

/** A newer revision that is not in force: its errors, or what it would remove. */
function Withheld() {
  const revision = useLive((state) => state.side?.revision);
  if (!revision || (revision.pendingErrors.length === 0 && !revision.withheldReason && !revision.sourceFailure)) return null;
  return (
    <div className="withheld">
      <p className="row"><Glyph shape="warn" /><b>{revision.pendingCommit ? `Revision ${short(revision.pendingCommit)} is not in force` : "The manifests cannot be read"}</b></p>
      {revision.sourceFailure ? <p>{revision.sourceFailure}</p> : null}
      {revision.withheldReason ? <p>{revision.withheldReason}</p> : null}
      {revision.pendingErrors.map((error) => <p key={error} className="mono tone-crit">{error}</p>)}
      {revision.withheldDigest ? (
        <Button look="danger" locked={lockReason()} onClick={() => void confirmDigest(revision.withheldDigest ?? "", "the revision")}>Apply it all the same</Button>
      ) : null}
    </div>
  );
}
