import type { ReactNode } from "react";
import type { Record, Resource, Task } from "../api/types";
import { open } from "../app/places";
import { serverNow } from "../live/now";
import { span, when } from "../model/format";
import { ofRecord } from "../model/status";
import { yamlOf } from "../model/yaml";
import { Glyph } from "../ui/Glyph";

/** A part of a drawer, with its heading. */
export function Part({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="part">
      <header className="row">
        <h3 className="part-title label">{title}</h3>
        <span className="panel-rule" aria-hidden="true" />
        {action}
      </header>
      {children}
    </section>
  );
}

export function TaskList({ tasks }: { tasks: readonly Task[] }) {
  if (tasks.length === 0) return <p className="dim">No task of late.</p>;
  return (
    <ul className="lines">
      {tasks.map((task) => (
        <li key={task.upid}>
          <Glyph shape={task.endedAt ? (task.succeeded ? "ok" : "crit") : "acting"} label={true} />
          <span className="mono dim">{when(task.startedAt, serverNow())}</span>
          <span className="strong">{task.taskType}</span>
          <span className="grow cut-text">{task.endedAt ? task.exit : "running"}</span>
          <span className="dim small">{task.endedAt ? span((Date.parse(task.endedAt) - Date.parse(task.startedAt)) / 1000) : ""} {task.user}</span>
        </li>
      ))}
    </ul>
  );
}

/** Records, newest first; `at` is the one that is open. */
export function EventList({ records, at }: { records: readonly Record[]; at?: number }) {
  if (records.length === 0) return <p className="dim">Nothing recorded.</p>;
  return (
    <ul className="lines">
      {records.map((record) => (
        <li key={record.seq}>
          <Glyph shape={ofRecord(record)} label={true} />
          <span className="mono dim">{when(record.at, serverNow())}</span>
          <button type="button" className={record.seq === at ? "link grow strong" : "link grow"} aria-current={record.seq === at ? "true" : undefined} onClick={() => open(`event/${record.seq}`)}>{record.title}</button>
        </li>
      ))}
    </ul>
  );
}

/** What a resource declares, as YAML. */
export function SpecBlock({ resource }: { resource: Resource }) {
  return <pre className="code" tabIndex={0} aria-label={`Spec of ${resource.key}`}>{`# ${resource.key}\n${yamlOf(resource.spec)}`}</pre>;
}
