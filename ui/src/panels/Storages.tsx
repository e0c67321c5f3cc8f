import { useMemo } from "react";
import type { Storage } from "../api/types";
import { useLive } from "../live/store";
import { newest } from "../model/freshness";
import { percent, share, used } from "../model/format";
import { ofStorage, URGENCY } from "../model/status";
import { storageLimit } from "../model/thresholds";
import { Bar } from "../ui/Bar";
import { Glyph } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { useThresholds } from "./derived";

/** Storages: how full, against which limit; what is beyond it first. */
export function Storages({ full = false }: { full?: boolean }) {
  const storages = useLive((state) => state.storages);
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const items = useStorages();
  return (
    <Panel title="Storage" age={{ seenAt: newest(storages.values()), of: "storage" }} scroll className="storages">
      {hasSnapshot ? null : <Waiting rows={3} for="the first snapshot" />}
      {hasSnapshot && items.length === 0 ? <Empty title="No storage seen yet." /> : null}
      <ul className={`storage-list ${full ? "storage-full" : ""}`}>
        {items.map(({ storage, shape, word, level, limit }) => (
          <li key={storage.id} title={`${storage.plugin}, ${storage.node ?? "shared"}, ${word}`}>
            <Glyph shape={shape} label={word} />
            <span className="cut-text">
              <span className="strong">{storage.name}</span> <span className="dim small">{storage.node ?? "shared"}</span>
            </span>
            {full ? <span className="dim">{storage.plugin}</span> : null}
            <Bar value={level} limit={limit} stale={shape === "unknown"} />
            <span className="num storage-percent">{percent(level)}</span>
            <span className="num storage-size">{used(storage.usedBytes, storage.totalBytes)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** All storages, the fullest first, those in trouble before. */
export function useStorages() {
  const storages = useLive((state) => state.storages);
  const thresholds = useThresholds();
  return useMemo(() => {
    const all = [...storages.values()].map((storage) => itemOf(storage, storageLimit(thresholds, storage.name)));
    return all.sort((a, b) => URGENCY[a.shape] - URGENCY[b.shape] || (b.level ?? 0) - (a.level ?? 0));
  }, [storages, thresholds]);
}

function itemOf(storage: Storage, limit: number | undefined) {
  const { shape, word } = ofStorage(storage);
  const level = share(storage.usedBytes, storage.totalBytes);
  const isOver = level !== null && limit !== undefined && level * 100 > limit;
  return { storage, limit, level, word: isOver ? `over ${limit}%` : word, shape: shape === "ok" && isOver ? ("warn" as const) : shape };
}
