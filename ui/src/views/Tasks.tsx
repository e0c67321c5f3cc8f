import { type ReactNode, useState } from "react";
import { TaskLogDocument } from "../api/generated/graphql";
import type { Intent, Task, Ticket } from "../api/types";
import { useAsk } from "../api/useAsk";
import { lockReason, recall } from "../commands/deeds";
import { serverNow } from "../live/now";
import { useSide } from "../live/side";
import { useLive } from "../live/store";
import { span, when } from "../model/format";
import { ofTicket } from "../model/status";
import { Button } from "../ui/Button";
import { Glyph, Status } from "../ui/Glyph";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { Table } from "../ui/Table";
import { TierMark } from "../ui/TierMark";

/** What is being done: effects of Jarvis, requests of people, tasks of the cluster. */
export function Tasks() {
  const side = useLive((state) => state.side);
  const asked = useSide();
  return (
    <div className="two">
      <Panel title="Tasks" age={asked} scroll>
        {side ? null : <Unanswered asked={asked} for="the tasks" />}
        {side?.tasks.length === 0 ? <Empty title="No task of late."><p className="dim">Tasks that the cluster ran in the last hour stand here with who started them.</p></Empty> : null}
        {side && side.tasks.length > 0 ? (
          <Table label="Tasks" heads={["began", "task", "on", "for", "by", "took", "end"]}>
            {side.tasks.map((task) => <TaskLine key={task.upid} task={task} />)}
          </Table>
        ) : null}
      </Panel>
      <div className="one">
        <Panel title="Effects" age={asked} scroll>
          {side?.intents.length === 0 ? <Empty title="Nothing done yet." /> : null}
          {side && side.intents.length > 0 ? (
            <Newest of={side.intents} table={(shown) => (
              <Table label="Effects" heads={["logged", "tier", "what", "by", "stands"]}>
                {shown.map((intent) => <IntentLine key={intent.id} intent={intent} />)}
              </Table>
            )} />
          ) : null}
        </Panel>
        <Panel title="Requests" age={asked} scroll>
          {side?.tickets.length === 0 ? <Empty title="No request." /> : null}
          {side && side.tickets.length > 0 ? (
            <Newest of={side.tickets} table={(shown) => (
              <Table label="Requests" heads={["asked", "what", "by", "stands", ""]}>
                {shown.map((ticket) => <TicketLine key={ticket.id} ticket={ticket} />)}
              </Table>
            )} />
          ) : null}
        </Panel>
      </div>
    </div>
  );
}

const FIRST = 10;
const MOST = 60;

/** The newest lines; the older ones are a press away, so that what stands below them is not far. */
function Newest<T>({ of, table }: { of: readonly T[]; table: (shown: readonly T[]) => ReactNode }) {
  const [count, setCount] = useState(FIRST);
  return (
    <>
      {table(of.slice(0, count))}
      {of.length > count && count < MOST ? <p className="older"><Button size="small" onClick={() => setCount(MOST)}>Older ones</Button></p> : null}
    </>
  );
}

function TaskLine({ task }: { task: Task }) {
  const [isOpen, setOpen] = useState(false);
  const end = task.endedAt ? (task.exit ?? "ended") : "running";
  return (
    <tr title={task.upid}>
      <td className="mono">{when(task.startedAt, serverNow())}</td>
      <td className="strong">
        <button type="button" className="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{task.taskType}</button>
        {isOpen ? <TaskLog upid={task.upid} /> : null}
      </td>
      <td>{task.node}</td>
      <td className="mono">{task.vmid ?? ""}</td>
      <td>{task.user}</td>
      <td className="mono">{task.endedAt ? span((Date.parse(task.endedAt) - Date.parse(task.startedAt)) / 1000) : ""}</td>
      <td><Status shape={task.endedAt ? (task.succeeded ? "ok" : "crit") : "acting"} word={end} /></td>
    </tr>
  );
}

/** What a task wrote. */
function TaskLog({ upid }: { upid: string }) {
  const asked = useAsk(TaskLogDocument, { upid });
  return <pre className="code" tabIndex={0} aria-label="Log of the task">{asked.data?.taskLog.join("\n") ?? asked.error ?? "Asking"}</pre>;
}

function IntentLine({ intent }: { intent: Intent }) {
  const shape = intent.outcome ? (intent.outcome.startsWith("verified") ? "ok" : "warn") : "acting";
  return (
    <tr title={`undo: ${intent.undo}`}>
      <td className="mono">{when(intent.loggedAt, serverNow())}</td>
      <td><TierMark tier={intent.tier} /></td>
      <td className="strong">{intent.action.text}</td>
      <td>{intent.origin}</td>
      <td><Status shape={shape} word={intent.outcome ?? intent.stage} /></td>
    </tr>
  );
}

function TicketLine({ ticket }: { ticket: Ticket }) {
  useLive((state) => state.link);
  const state = ofTicket(ticket);
  return (
    <tr title={ticket.refusal ? `${ticket.refusal.reason} ${ticket.refusal.unblock}` : undefined}>
      <td className="mono">{when(ticket.createdAt, serverNow())}</td>
      <td className="strong">{ticket.action.text}{ticket.refusal ? <span className="feed-detail">{ticket.refusal.reason}</span> : null}</td>
      <td>{ticket.origin}</td>
      <td><span className="status"><Glyph shape={state.shape} />{state.word}</span></td>
      <td className="end">{ticket.state === "QUEUED" ? <Button size="small" locked={lockReason()} onClick={() => void recall(ticket.id)}>Recall</Button> : null}</td>
    </tr>
  );
}
