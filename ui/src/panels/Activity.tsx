import { memo, useMemo, useState } from "react";
import type { Record } from "../api/types";
import { open } from "../app/places";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { dateTime, when } from "../model/format";
import { ofRecord } from "../model/status";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";

interface Props {
  full?: boolean;
  limit?: number;
}

/** What happened, newest first, as it happens; it can be filtered and held still while reading. */
export function Activity({ full = false, limit = 40 }: Props) {
  const feed = useLive((state) => state.feed);
  const [held, setHeld] = useState<readonly Record[] | null>(null);
  const [filter, setFilter] = useState("");
  const shown = held ?? feed;
  const lines = useMemo(() => {
    const parts = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (record: Record) => {
      const text = `${record.title} ${record.detail ?? ""} ${record.resource ?? ""} ${record.severity} ${record.name}`.toLowerCase();
      return parts.every((part) => text.includes(part));
    };
    return (parts.length > 0 ? shown.filter(fits) : shown).slice(0, full ? 400 : limit);
  }, [shown, filter, full, limit]);
  const missed = held ? feed.filter((record) => record.seq > (held[0]?.seq ?? 0)).length : 0;
  return (
    <Panel title="Activity" age="push" scroll={!full} flush={full} className="activity" note={full ? null : undefined}>
      {full ? (
        <div className="tools">
          <input className="input input-small grow" data-filter="" type="search" aria-label="Filter activity" placeholder="Filter: guest, rule, critical …" value={filter} onChange={(event) => setFilter(event.target.value)} />
          <Button size="small" aria-pressed={held !== null} onClick={() => setHeld(held ? null : feed)}>
            {held ? `Go on (${missed} new)` : "Pause"}
          </Button>
        </div>
      ) : null}
      <Lines lines={lines} full={full} filter={filter} />
    </Panel>
  );
}

function Lines({ lines, full, filter }: { lines: readonly Record[]; full: boolean; filter: string }) {
  const head = useLive((state) => state.head);
  if (head === 0) return <Waiting for="the feed" />;
  if (lines.length === 0) return <Empty title={filter ? `Nothing fits “${filter}”.` : "Nothing has happened yet."} />;
  return (
    <ol className={`feed ${full ? "feed-full" : ""}`} {...(full ? { tabIndex: 0, "aria-label": "Records" } : {})}>
      {lines.map((record) => (
        <FeedLine key={record.seq} record={record} full={full} />
      ))}
    </ol>
  );
}

const FeedLine = memo(function FeedLine({ record, full }: { record: Record; full: boolean }) {
  return (
    <li className="feed-line fresh">
      <time className="mono" dateTime={record.at} title={dateTime(record.at)}>{when(record.at, serverNow())}</time>
      <Glyph shape={ofRecord(record)} label={true} />
      <button type="button" className="link feed-text" onClick={() => open(`event/${record.seq}`)}>
        <span className="strong">{record.title}</span>
        {record.detail ? <span className={full ? "feed-detail" : ""}>{full ? record.detail : ` ${record.detail}`}</span> : null}
      </button>
    </li>
  );
});
