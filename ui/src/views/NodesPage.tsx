import { memo, useMemo } from "react";
import { NodeUpdatesDocument } from "../api/generated/graphql";
import type { Node } from "../api/types";
import { useAsk } from "../api/useAsk";
import { KIOSK_REASON } from "../app/kiosk";
import { go, open } from "../app/places";
import { kiosk } from "../app/prefs";
import { useUi } from "../app/ui-state";
import { useLive } from "../live/store";
import { percent, used } from "../model/format";
import { type GuestRow, grouped, sorted } from "../model/guests";
import { GuestFigure, cpuSaid } from "../panels/GuestFigure";
import { useGuestRows } from "../panels/derived";
import { NodeName, NodeNotes, NodesPanel, over, useNodes, useStanding } from "../panels/Nodes";
import { useStorages } from "../panels/Storages";
import { Bar } from "../ui/Bar";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Spark } from "../ui/Spark";

/** So many guests stand on the card of a node; the list of guests has them all. */
const GUESTS_SHOWN = 14;

/** Each node with its load, what waits on it, and what runs there. */
export function NodesPage() {
  const list = useNodes();
  const updates = useAsk(NodeUpdatesDocument, {}).data?.nodes;
  const rows = useGuestRows();
  const onNodes = useMemo(() => byNode(rows), [rows]);
  return (
    <div className="one">
      <NodesPanel list={list} className="nodes-page">
        <ul className="machines">
          {list.map((node) => (
            <NodeCard key={node.name} node={node} updates={updates?.find((one) => one.name === node.name)?.pendingUpdates} guests={onNodes.get(node.name) ?? NONE} />
          ))}
        </ul>
      </NodesPanel>
    </div>
  );
}

const NONE: readonly GuestRow[] = [];

/** The guests of each node, problems first. */
function byNode(rows: readonly GuestRow[]): ReadonlyMap<string, readonly GuestRow[]> {
  const nodes = new Map<string, GuestRow[]>();
  for (const line of grouped(sorted(rows, "problems", null), "node")) {
    if ("heading" in line) nodes.set(line.heading, []);
    else nodes.get(line.guest.node)?.push(line);
  }
  return nodes;
}

interface NodeCardProps {
  node: Node;
  updates: number | null | undefined;
  guests: readonly GuestRow[];
}

function NodeCard({ node, updates, guests }: NodeCardProps) {
  const { limits, memory, disk, isStale, shape, word } = useStanding(node);
  const { usage, host } = node;
  const running = guests.filter((row) => row.guest.status === "RUNNING").length;
  return (
    <li className="machine" data-state={shape}>
      <div className="machine-head">
        <NodeName node={node} shape={shape} word={word} />
        <span className="grow" />
        <NodeNotes node={node} limit={limits.temperature} />
        <Button size="small" locked={kiosk && KIOSK_REASON} onClick={() => go(`/shell/node/${node.name}`)} aria-label={`Terminal on ${node.name}`}>Terminal</Button>
      </div>
      <div className="machine-levels">
        <span className="machine-label">CPU</span>
        <span className="machine-spark">
          <Spark ring={`node/${node.name}/cpu`} height={44} />
          <span className="instead-of-line"><Bar value={usage.cpu ?? null} limit={limits.cpu} stale={isStale} /></span>
        </span>
        <span className="num" data-over={over((usage.cpu ?? 0) * 100, limits.cpu)}>{percent(usage.cpu)}</span>
        <span className="num dim">{usage.maxCpu ? `${usage.maxCpu} cores` : ""}</span>
        <span className="machine-label">RAM</span>
        <Bar value={memory} limit={limits.memory} stale={isStale} />
        <span className="num" data-over={over((memory ?? 0) * 100, limits.memory)}>{percent(memory)}</span>
        <span className="num dim">{used(usage.memBytes, usage.maxMemBytes)}</span>
        <span className="machine-label">Disk</span>
        <Bar value={disk} limit={limits.disk} stale={isStale} />
        <span className="num" data-over={over((disk ?? 0) * 100, limits.disk)}>{percent(disk)}</span>
        <span className="num dim">{used(usage.diskBytes, usage.maxDiskBytes)}</span>
      </div>
      {node.unknownReason ? <p className="tone-unknown">{node.unknownReason}</p> : null}
      <dl className="machine-facts">
        <Fact name="Load">{host?.load?.toFixed(1) ?? "–"}</Fact>
        <Fact name="Waits for CPU">{pressure(host?.cpuPressure)}</Fact>
        <Fact name="for memory">{pressure(host?.memoryPressure)}</Fact>
        <Fact name="for disk">{pressure(host?.ioPressure)}</Fact>
        <Fact name="Updates">{updates ?? "–"}</Fact>
        <Fact name="Votes">{node.votes}</Fact>
      </dl>
      <Title text="Storage" />
      <StoragesHere node={node.name} />
      <Title text="Guests" note={`${running} of ${guests.length} running`} />
      <ul className="machine-guests">
        {guests.slice(0, GUESTS_SHOWN).map((row) => <GuestHere key={row.guest.vmid} row={row} />)}
      </ul>
      {guests.length > GUESTS_SHOWN ? (
        <button type="button" className="link machine-rest" onClick={() => showGuests(node.name)}>{guests.length - GUESTS_SHOWN} more on {node.name}</button>
      ) : null}
      {guests.length === 0 ? <p className="dim">None.</p> : null}
    </li>
  );
}

function Title({ text, note }: { text: string; note?: string }) {
  return (
    <h3 className="machine-title">
      <span className="label">{text}</span>
      <span className="panel-rule" aria-hidden="true" />
      <span className="mono dim small">{note}</span>
    </h3>
  );
}

/** The storages of its own; shared ones stand on their page. */
function StoragesHere({ node }: { node: string }) {
  const items = useStorages().filter((item) => item.storage.node === node);
  if (items.length === 0) return <p className="dim">None of its own.</p>;
  return (
    <ul className="machine-storages">
      {items.map(({ storage, shape, word, level, limit }) => (
        <li key={storage.id}>
          <Glyph shape={shape} label={word} />
          <span className="cut-text">{storage.name}</span>
          <Bar value={level} limit={limit} stale={shape === "unknown"} />
          <span className="num dim">{used(storage.usedBytes, storage.totalBytes)}</span>
        </li>
      ))}
    </ul>
  );
}

function showGuests(node: string): void {
  useUi.setState({ guestFilter: `node:${node} ` });
  go("/guests");
}

const pressure = (percent: number | null | undefined): string => (percent === null || percent === undefined ? "–" : `${percent.toFixed(1)}%`);

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}

const GuestHere = memo(function GuestHere({ row }: { row: GuestRow }) {
  const { guest, word } = row;
  const shape = useLive((state) => state.link === "lost") ? "unknown" : row.shape;
  return (
    <li>
      <Glyph shape={shape} label={word} />
      <span className="mono dim">{guest.vmid}</span>
      <button type="button" className="link cut-text" onClick={() => open(`guest/${guest.vmid}`)}><bdi>{guest.name ?? "nameless"}</bdi></button>
      {guest.status === "RUNNING" && shape === "ok"
        ? <span className="num dim"><GuestFigure of={guest.vmid} say={cpuSaid} /></span>
        : <span className={`cut-text tone-${shape}`}>{word}</span>}
    </li>
  );
});
