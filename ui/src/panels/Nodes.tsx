import { memo, useMemo } from "react";
import type { Node } from "../api/types";
import { open } from "../app/places";
import { useLive } from "../live/store";
import { newest } from "../model/freshness";
import { percent, share, span } from "../model/format";
import { ofNode } from "../model/status";
import { type Limits, limitsOf } from "../model/thresholds";
import { Bar } from "../ui/Bar";
import { Glyph, Shield } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { Spark } from "../ui/Spark";
import { useThresholds } from "./derived";

/** The machines: state, load, temperature, uptime. Tiles in JARVIS mode, lines elsewhere, by style alone. */
export function Nodes({ className = "" }: { className?: string }) {
  const nodes = useLive((state) => state.nodes);
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const list = useMemo(() => [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), [nodes]);
  const up = list.filter((node) => node.status === "ONLINE").length;
  return (
    <Panel
      title="Nodes"
      age={{ seenAt: newest(list), of: "nodes" }}
      note={list.length > 0 ? <span>{up === list.length ? `${up} up` : `${up} of ${list.length} up`}</span> : null}
      flush
      scroll
      className={`nodes ${list.length > 4 ? "nodes-many" : ""} ${className}`}
    >
      {hasSnapshot ? null : <Waiting for="the first snapshot" />}
      {hasSnapshot && list.length === 0 ? <Unconnected /> : null}
      <div className="node-heads" aria-hidden="true">
        <span>node</span>
        <span className="head-cpu">cpu</span>
        <span className="head-ram">ram</span>
        <span className="head-disk">disk</span>
        <span className="head-temp">temp</span>
        <span className="head-up">up</span>
      </div>
      <ul className="node-list">
        {list.map((node) => (
          <NodeItem key={node.name} node={node} />
        ))}
      </ul>
    </Panel>
  );
}

/** The first minutes of an installation: what is connected, and how to find out why nothing is seen. */
function Unconnected() {
  const failure = useLive((state) => state.loop?.lookFailure);
  return (
    <Empty title="No node has reported yet.">
      {failure ? <p className="mono tone-crit">{failure}</p> : null}
      <p>I ask the endpoints of your cluster that <code className="mono">jarvis.yaml</code> names. What stands in the way says</p>
      <pre className="code" tabIndex={0} aria-label="Command">jarvis doctor</pre>
    </Empty>
  );
}

const NodeItem = memo(function NodeItem({ node }: { node: Node }) {
  const thresholds = useThresholds();
  const labels = useLive((state) => (node.resource ? state.resources.get(node.resource)?.labels : undefined));
  const isLost = useLive((state) => state.link === "lost");
  const limits = useMemo(() => limitsOf(thresholds, "Node", node.name, labels), [thresholds, labels, node.name]);
  const state = ofNode(node);
  const { usage, host } = node;
  const memory = share(usage.memBytes, usage.maxMemBytes);
  const disk = share(usage.diskBytes, usage.maxDiskBytes);
  const shape = state.shape === "ok" && beyond(limits, memory, disk, host?.temperature) ? "warn" : state.shape;
  const isStale = isLost || state.shape === "unknown";
  return (
    <li className="node" data-state={shape}>
      <button type="button" className="node-name" onClick={() => open(`node/${node.name}`)} title={node.unknownReason ?? state.word}>
        <Glyph shape={isLost ? "unknown" : shape} label={isLost ? "last seen" : state.word} />
        <b>{node.name}</b>
        {node.protected ? <Shield /> : null}
      </button>
      <span className="node-temp mono" data-over={over(host?.temperature, limits.temperature)}>
        {host?.temperature ? <>{Math.round(host.temperature)}<span className="unit">{"\u2009"}°C</span></> : "–"}
      </span>
      <span className="node-up mono">{node.status === "ONLINE" ? span(node.uptimeSeconds) : state.word}</span>
      <span className="node-label">CPU</span>
      <span className="node-spark"><Spark ring={`node/${node.name}/cpu`} height={26} /></span>
      <span className="node-cpu num" data-over={over((usage.cpu ?? 0) * 100, limits.cpu)}>{percent(usage.cpu)}</span>
      <span className="node-label">RAM</span>
      <span className="node-bar"><Bar value={memory} limit={limits.memory} stale={isStale} /></span>
      <span className="node-ram num" data-over={over((memory ?? 0) * 100, limits.memory)}>{percent(memory)}</span>
      <span className="node-label">Disk</span>
      <span className="node-bar"><Bar value={disk} limit={limits.disk} stale={isStale} /></span>
      <span className="node-disk num" data-over={over((disk ?? 0) * 100, limits.disk)}>{percent(disk)}</span>
    </li>
  );
});

function over(value: number | null | undefined, limit: number | undefined): "" | undefined {
  return value !== null && value !== undefined && limit !== undefined && value > limit ? "" : undefined;
}

function beyond(limits: Limits, memory: number | null, disk: number | null, temperature: number | null | undefined): boolean {
  return [over((memory ?? 0) * 100, limits.memory), over((disk ?? 0) * 100, limits.disk), over(temperature, limits.temperature)].includes("");
}
