import { useEffect, useMemo, useState } from "react";
import { ask, told } from "../api/http";
import { AuditChainDocument, AuditPageDocument, type AuditPageQuery } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { open } from "../app/places";
import { useLive } from "../live/store";
import { dateTime } from "../model/format";
import { toCsv, toLines } from "../model/export";
import { ofRecord } from "../model/status";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { saveText } from "../ui/save";
import { Table } from "../ui/Table";

type Row = AuditPageQuery["audit"][number];
const PAGE = 100;
const NO_FILTER = { name: null, resource: null, severity: null };

/** The audit trail: who, what, why, and the chain that shows that nothing was taken out. */
export function Audit() {
  const { rows, isWhole, asked, more } = useTrail();
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => {
    const parts = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter((row) => {
      const text = `${row.seq} ${row.title} ${row.detail ?? ""} ${row.resource ?? ""} ${row.name} ${row.severity}`.toLowerCase();
      return parts.every((part) => text.includes(part));
    });
  }, [rows, filter]);
  return (
    <div className="one">
      <Panel title="Audit" age={asked} flush note={<Chain rows={rows} />}>
        <div className="tools">
          <input className="input input-small grow" data-filter="" type="search" aria-label="Search the audit trail" placeholder="Search: name, resource, who …" value={filter} onChange={(event) => setFilter(event.target.value)} />
          <Button size="small" disabled={shown.length === 0} onClick={() => saveText("jarvis-audit.jsonl", toLines(shown), "application/x-ndjson")}>JSON lines</Button>
          <Button size="small" disabled={shown.length === 0} onClick={() => saveText("jarvis-audit.csv", toCsv(shown), "text/csv")}>CSV</Button>
        </div>
        {rows.length === 0 ? <Unanswered asked={asked} for="the audit trail" /> : null}
        {rows.length > 0 && asked.error ? <p className="tone-crit pad" role="alert">{asked.error}</p> : null}
        {rows.length > 0 && shown.length === 0 ? <Empty title={`Nothing fits “${filter}”.`} /> : null}
        {shown.length > 0 ? (
          <div className="scroll-box" tabIndex={0} role="group" aria-label="Audit records">
            <Table label="Audit records" heads={["no", "when", "what", "resource", "kind", "hash"]}>
              {shown.map((row) => <Line key={row.seq} row={row} />)}
            </Table>
            {isWhole ? null : <p className="pad"><Button onClick={more}>Older records</Button></p>}
          </div>
        ) : null}
      </Panel>
    </div>
  );
}

/** The newest pages, and more on demand. New records come when the feed says there are some. */
function useTrail() {
  const head = useLive((state) => state.head);
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [isWhole, setWhole] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [answeredAt, setAnsweredAt] = useState<number | null>(null);
  const fail = (reason: unknown) => setError(told(reason));
  useEffect(() => {
    ask(AuditPageDocument, { before: null, first: PAGE, filter: NO_FILTER }).then(({ audit }) => {
      setError(null);
      setAnsweredAt(Date.now());
      setRows((old) => {
        const newest = old[0]?.seq ?? 0;
        const fresh = audit.filter((row) => row.seq > newest);
        return fresh.length === audit.length ? audit : [...fresh, ...old];
      });
      setWhole((old) => old || audit.length < PAGE);
    }, fail);
  }, [head]);
  const more = () => {
    ask(AuditPageDocument, { before: rows[rows.length - 1]?.seq ?? null, first: PAGE, filter: NO_FILTER }).then(({ audit }) => {
      setRows((old) => [...old, ...audit]);
      setWhole(audit.length < PAGE);
    }, fail);
  };
  return { rows, isWhole, asked: { error, answeredAt }, more };
}

/** The state of the chain as the server checks it; where it cannot be asked, the hash of the last record at least. */
function Chain({ rows }: { rows: readonly Row[] }) {
  const last = rows[0];
  const chain = useAsk(AuditChainDocument, {}).data?.auditChain;
  if (chain) {
    return (
      <span className="status" title={chain.problem ?? `${chain.checked} records checked; head ${chain.headHash}`}>
        <Glyph shape={chain.intact ? "ok" : "crit"} />
        {chain.intact ? `chain intact, ${chain.checked} records` : `chain broken: ${chain.problem ?? ""}`}
      </span>
    );
  }
  return last ? <span title="jarvis audit verify finds the first broken link">head {last.seq} · {last.hash.slice(0, 12)}</span> : null;
}

function Line({ row }: { row: Row }) {
  return (
    <tr>
      <td className="mono dim">{row.seq}</td>
      <td className="mono">{dateTime(row.at)}</td>
      <td>
        <span className="status">
          <Glyph shape={ofRecord(row)} label={true} />
          <button type="button" className="link strong" onClick={() => open(`event/${row.seq}`)}>{row.title}</button>
        </span>
        {row.detail ? <span className="feed-detail">{row.detail}</span> : null}
      </td>
      <td className="whole">{row.resource ?? ""}</td>
      <td className="dim whole">{row.name}</td>
      <td className="mono dim">{row.hash.slice(0, 10)}</td>
    </tr>
  );
}
