import { RunbooksDocument, type RunbooksQuery } from "../api/generated/graphql";
import type { Issue } from "../api/types";
import { useAsk } from "../api/useAsk";
import { useSide } from "../live/side";
import { acknowledge, lockReason, setCeiling } from "../commands/deeds";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { LEVELS } from "../model/autonomy";
import { many, nameOf, plainTrigger, span, when, words } from "../model/format";
import { Bar } from "../ui/Bar";
import { Button } from "../ui/Button";
import { Glyph, Status } from "../ui/Glyph";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { Table } from "../ui/Table";

type Book = RunbooksQuery["runbooks"][number];

/** How things are mended, and how often that may be tried. */
export function Runbooks() {
  const head = useLive((state) => state.head);
  const asked = useAsk(RunbooksDocument, {}, head);
  const books = asked.data?.runbooks;
  return (
    <div className="two">
      <Panel title="Runbooks" age={asked} scroll>
        {books ? null : <Unanswered asked={asked} for="the runbooks" />}
        <div className="stack">{(books ?? []).map((book) => <BookCard key={book.name} book={book} />)}</div>
      </Panel>
      <div className="one">
        <Issues />
        <PolicyPanel />
      </div>
    </div>
  );
}

function BookCard({ book }: { book: Book }) {
  const open = useLive((state) => state.side?.issues);
  const isWell = (key: string): boolean => open?.some((issue) => issue.key === key && issue.healthySince) ?? false;
  return (
    <article className="book">
      <header className="row">
        <h3 className="ask-title grow">{book.name}</h3>
        {book.builtIn ? <span className="tag">built in</span> : null}
        <span className="mono dim">{many(book.attempts, "attempt")} in {span(book.perSeconds)}</span>
      </header>
      <p>{plainTrigger(book.trigger)}</p>
      <ol className="book-steps">
        {book.steps.map((step, at) => (
          <li key={`${at} ${step.text}`} aria-current={book.issues.some((issue) => issue.step === at) ? "step" : undefined}>
            <span className="strong">{step.text}</span>
            {step.verify ? <span className="dim">, until {step.verify}</span> : null}
            {step.timeoutSeconds ? <span className="dim">, within {span(step.timeoutSeconds)}</span> : null}
          </li>
        ))}
      </ol>
      {book.issues.map((issue) => (
        <p key={issue.key} className="row">
          <Glyph shape={isWell(issue.key) ? "ok" : issue.escalated ? "crit" : issue.step === null ? "warn" : "acting"} />
          <span className="grow cut-text" title={issue.key}>{nameOf(issue.key.split("#")[0] ?? issue.key)}{isWell(issue.key) ? <span className="dim">, well again</span> : null}</span>
          <span className="num">{issue.attemptsUsed} of {issue.attemptsUsed + issue.attemptsLeft} used</span>
        </p>
      ))}
      {book.escalateTo.length > 0 ? <p className="small dim">Then told to {book.escalateTo.join(", ")}</p> : null}
    </article>
  );
}

function Issues() {
  const issues = useLive((state) => state.side?.issues);
  const attempts = useLive((state) => state.side?.policy.attemptsPerIssue ?? 3);
  const asked = useSide();
  return (
    <Panel title="Issues and attempts" age={asked} scroll>
      {issues ? null : <Unanswered asked={asked} rows={3} for="the issues" />}
      {issues?.length === 0 ? <Empty title="No open issue." well /> : null}
      {issues && issues.length > 0 ? (
        <Table label="Issues" heads={["since", "issue", "attempts left", ""]}>
          {issues.map((issue) => <IssueLine key={issue.key} issue={issue} attempts={attempts} />)}
        </Table>
      ) : null}
    </Panel>
  );
}

function IssueLine({ issue, attempts }: { issue: Issue; attempts: number }) {
  useLive((state) => state.link);
  const shape = issue.healthySince ? "ok" : issue.escalatedAt ? "crit" : "warn";
  return (
    <tr>
      <td className="mono">{when(issue.openedAt, serverNow())}</td>
      <td>
        <Status shape={shape} word={`${nameOf(issue.resource)}: ${words(issue.kind)}${issue.healthySince ? ", well again" : ""}`} />
        <span className="feed-detail">{toldOf(issue)}{issue.lastOutcome ? `; last attempt: ${issue.lastOutcome}` : ""}</span>
      </td>
      <td><span className="attempts"><Bar value={issue.attemptsLeft / Math.max(attempts, 1)} /><span className="num">{issue.attemptsLeft} of {attempts}</span></span></td>
      <td className="end">{issue.escalatedAt ? <Button size="small" locked={lockReason()} onClick={() => void acknowledge(issue.key)}>Acknowledge</Button> : null}</td>
    </tr>
  );
}

/** What an issue is about; of one that is over what was said then, as said then. */
function toldOf({ summary, healthySince }: Issue): string {
  return healthySince ? `Well since ${when(healthySince, serverNow())}. It began with: “${summary}”` : summary;
}

const AUTONOMY = ["L0", "L1", "L2", "L3", "L4"] as const;

function PolicyPanel() {
  const policy = useLive((state) => state.side?.policy);
  const role = useLive((state) => state.me?.role);
  const asked = useSide();
  if (!policy) return <Panel title="Policy in force" age={asked}><Unanswered asked={asked} rows={3} for="the policy" /></Panel>;
  const notAdmin = role === "ADMIN" ? false : "Only an admin sets the ceiling";
  return (
    <Panel title="Policy in force" age={asked} scroll>
      <div className="stack">
        <dl className="facts">
          <dt>Default autonomy</dt><dd>{policy.defaultAutonomy}, {LEVELS[policy.defaultAutonomy][0]}</dd>
          <dt>Highest level now</dt><dd>{policy.ceiling}, {LEVELS[policy.ceiling][0]}: {LEVELS[policy.ceiling][1]}{policy.ceilingSet ? `; a person set it to ${policy.ceilingSet}` : ""}</dd>
          <dt>Actions</dt><dd>{policy.actionsInLastHour} of {policy.actionsPerHour} this hour</dd>
          <dt>Largest plan alone</dt><dd>{many(policy.largestPlan, "change")}</dd>
          <dt>Nodes at once</dt><dd>{policy.nodesAtOnce}</dd>
          <dt>Protected</dt><dd>{[...policy.protectedNodes.map((node) => `node ${node}`), ...policy.protectedGuests.map((guest) => `guest ${guest}`)].join(", ") || "nothing declared"}</dd>
          <dt>Jarvis runs in</dt><dd>{policy.floor.ownGuest ? `guest ${policy.floor.ownGuest}` : (policy.floor.ownNode ?? "not on this cluster")}</dd>
        </dl>
        <div className="row-wrap" role="group" aria-label="Highest level of autonomy">
          {AUTONOMY.map((level) => (
            <Button key={level} size="small" title={LEVELS[level][1]} aria-pressed={policy.ceiling === level} locked={lockReason() || notAdmin} onClick={() => void setCeiling(level)}>{level} {LEVELS[level][0]}</Button>
          ))}
          <Button size="small" title="Back to what the manifests declare" locked={lockReason() || notAdmin || (!policy.ceilingSet && "Nobody has set a level here")} onClick={() => void setCeiling(null)}>Lift the limit</Button>
        </div>
      </div>
    </Panel>
  );
}
