import { useMemo } from "react";
import { Link } from "wouter";
import type { Storage } from "../api/types";
import { useLive } from "../live/store";
import { newest } from "../model/freshness";
import { percent, share, used } from "../model/format";
import { ofStorage, URGENCY } from "../model/status";
import { NEARLY_FULL_PERCENT, storageLimit } from "../model/thresholds";
import { Bar } from "../ui/Bar";
import { Glyph } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { useThresholds } from "./derived";

/** So many stand on the overview; the page has them all. */
const SHOWN = 4;

type Item = ReturnType<typeof itemOf>;

/** Storages: how full, against which limit; what is beyond it first. */
export function Storages({ full = false }: { full?: boolean }) {
  const storages = useLive((state) => state.storages);
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const items = useStorages();
  const more = items.length - SHOWN;
  return (
    <Panel
      title="Storage"
      age={{ seenAt: newest(storages.values()), of: "storage" }}
      scroll={full}
      className="storages"
      head={full ? undefined : <><Link href="/storage" className="panel-title">Storage</Link><span className="panel-rule" aria-hidden="true" /></>}
      note={full || more <= 0 ? null : <Link href="/storage" aria-label={`${more} more storages`}>{more} more</Link>}
    >
      {hasSnapshot ? null : <Waiting rows={3} for="the first snapshot" />}
      {hasSnapshot && items.length === 0 ? <Empty title="No storage seen yet." /> : null}
      <ul className={`storage-list ${full ? "storage-full" : ""}`}>
        {(full ? items : items.slice(0, SHOWN)).map((item) => (
          <li key={item.storage.id} title={`${item.storage.plugin}, ${item.storage.node ?? "shared"}, ${used(item.storage.usedBytes, item.storage.totalBytes)}, ${item.word}`}>
            {full ? <div className="storage"><Line item={item} full /></div> : <Link href="/storage" className="storage"><Line item={item} /></Link>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Line({ item, full = false }: { item: Item; full?: boolean }) {
  const { storage, shape, word, level, limit } = item;
  return (
    <>
      <Glyph shape={shape} label={word} />
      <span className="cut-text storage-name">
        <span className="strong">{storage.name}</span> <span className="dim small">{storage.node ?? "shared"}</span>
      </span>
      {full ? <span className="dim storage-kind">{storage.plugin}</span> : null}
      {full ? <span className={`tone-${shape} storage-word`}>{word}</span> : null}
      <Bar value={level} limit={limit} stale={shape === "unknown"} />
      <span className="num storage-percent" data-over={shape === "warn" ? "" : undefined}>{percent(level)}</span>
      <span className="num storage-size">{used(storage.usedBytes, storage.totalBytes)}</span>
    </>
  );
}

/** All storages, the fullest first, those in trouble before. */
export function useStorages(): readonly Item[] {
  const storages = useLive((state) => state.storages);
  const thresholds = useThresholds();
  return useMemo(() => {
    const all = [...storages.values()].map((storage) => itemOf(storage, storageLimit(thresholds, storage.name)));
    return all.sort((a, b) => URGENCY[a.shape] - URGENCY[b.shape] || (b.level ?? 0) - (a.level ?? 0));
  }, [storages, thresholds]);
}

function itemOf(storage: Storage, declared: number | undefined) {
  const { shape, word } = ofStorage(storage);
  const level = share(storage.usedBytes, storage.totalBytes);
  const limit = declared ?? NEARLY_FULL_PERCENT;
  const isOver = level !== null && level * 100 > limit && shape === "ok";
  if (!isOver) return { storage, limit, level, shape, word };
  return { storage, limit, level, shape: "warn" as const, word: declared === undefined ? "nearly full" : `over ${limit}%` };
}
