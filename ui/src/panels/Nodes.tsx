import { memo, type ReactNode, useMemo, useRef } from "react";
import type { Node } from "../api/types";
import { open } from "../app/places";
import { useLive } from "../live/store";
import { newest } from "../model/freshness";
import { percent, share, span } from "../model/format";
import { ofNode, type Shape } from "../model/status";
import { limitsOf } from "../model/thresholds";
import { Bar } from "../ui/Bar";
import { Glyph, Shield } from "../ui/Glyph";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { Spark } from "../ui/Spark";
import { useInSight } from "../ui/useInSight";
import { useThresholds } from "./derived";

/** More than these are lines in every mode. */
const TILES = 4;
/** So many are drawn before it is known which are in sight. */
const FIRST = 12;

/** The machines: state, load, temperature, uptime. Tiles in JARVIS mode, lines elsewhere, by style alone. */
export function Nodes() {
  const list = useNodes();
  const isMany = list.length > TILES;
  return (
    <NodesPanel list={list} className={isMany ? "nodes-many" : ""}>
      <div className="node-heads" aria-hidden="true">
        <span>node</span>
        <span className="head-cpu">cpu</span>
        <span className="head-ram">ram</span>
        <span className="head-disk">disk</span>
        <span className="head-temp">temp</span>
        <span className="head-up">up</span>
      </div>
      <ul className="node-list">
        {list.map((node, at) => (
          <NodeItem key={node.name} node={node} isMany={isMany} isFirst={at < FIRST} />
        ))}
      </ul>
    </NodesPanel>
  );
}

/** All nodes by name. */
export function useNodes(): readonly Node[] {
  const nodes = useLive((state) => state.nodes);
  return useMemo(() => [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), [nodes]);
}

/** The frame around them: how many are up, how old that is, and what to do when there are none. */
export function NodesPanel({ list, className, children }: { list: readonly Node[]; className: string; children: ReactNode }) {
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const up = list.filter((node) => node.status === "ONLINE").length;
  return (
    <Panel
      title="Nodes"
      age={{ seenAt: newest(list), of: "nodes" }}
      note={list.length > 0 ? <span>{up === list.length ? `${up} up` : `${up} of ${list.length} up`}</span> : null}
      flush
      scroll
      className={`nodes ${className}`}
    >
      {hasSnapshot ? null : <Waiting for="the first snapshot" />}
      {hasSnapshot && list.length === 0 ? <Unconnected /> : null}
      {children}
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

/** How a node stands, and the shares that this is judged by. */
export function useStanding(node: Node) {
  const thresholds = useThresholds();
  const labels = useLive((state) => (node.resource ? state.resources.get(node.resource)?.labels : undefined));
  const isLost = useLive((state) => state.link === "lost");
  const limits = useMemo(() => limitsOf(thresholds, "Node", node.name, labels), [thresholds, labels, node.name]);
  const state = ofNode(node);
  const memory = share(node.usage.memBytes, node.usage.maxMemBytes);
  const disk = share(node.usage.diskBytes, node.usage.maxDiskBytes);
  const isBeyond = [over((memory ?? 0) * 100, limits.memory), over((disk ?? 0) * 100, limits.disk), over(node.host?.temperature, limits.temperature)].includes("");
  const shape = state.shape === "ok" && isBeyond ? "warn" : state.shape;
  return { limits, memory, disk, isStale: isLost || shape === "unknown", shape: isLost ? "unknown" : shape, word: isLost ? "last seen" : state.word } as const;
}

/** Its name, which opens all that is known of it. */
export function NodeName({ node, shape, word }: { node: Node; shape: Shape; word: string }) {
  return (
    <button type="button" className="node-name" onClick={() => open(`node/${node.name}`)} title={node.unknownReason ?? (shape === "off" ? node.meantAway : null) ?? word}>
      <Glyph shape={shape} label={word} />
      <b>{node.name}</b>
      {node.protected ? <Shield /> : null}
    </button>
  );
}

/** Its temperature and since when it runs. */
export function NodeNotes({ node, limit }: { node: Node; limit: number | undefined }) {
  const celsius = node.host?.temperature;
  const { shape, word } = ofNode(node);
  return (
    <>
      <span className="node-temp mono" data-over={over(celsius, limit)}>
        {celsius ? <>{Math.round(celsius)}<span className="unit">{"\u2009"}°C</span></> : "–"}
      </span>
      <span className="node-up mono">{node.status === "ONLINE" ? span(node.uptimeSeconds) : shape === "off" ? "off" : word}</span>
    </>
  );
}

const NodeItem = memo(function NodeItem({ isFirst, ...of }: { node: Node; isMany: boolean; isFirst: boolean }) {
  const place = useRef<HTMLLIElement>(null);
  const isInSight = useInSight(place, isFirst);
  return <li ref={place} className="node">{isInSight ? <Figures {...of} /> : null}</li>;
});

function Figures({ node, isMany }: { node: Node; isMany: boolean }) {
  const { limits, memory, disk, isStale, shape, word } = useStanding(node);
  const { usage } = node;
  const labelled = (label: string, figure: ReactNode) => (isMany ? null : <><span className="node-label">{label}</span>{figure}</>);
  return (
    <>
      <NodeName node={node} shape={shape} word={word} />
      <NodeNotes node={node} limit={limits.temperature} />
      {labelled("CPU", null)}
      <span className="node-spark"><Spark ring={`node/${node.name}/cpu`} height={26} /></span>
      <span className="node-cpu num" data-over={over((usage.cpu ?? 0) * 100, limits.cpu)}>{percent(usage.cpu)}</span>
      {labelled("RAM", <span className="node-bar"><Bar value={memory} limit={limits.memory} stale={isStale} /></span>)}
      <span className="node-ram num" data-over={over((memory ?? 0) * 100, limits.memory)}>{percent(memory)}</span>
      {labelled("Disk", <span className="node-bar"><Bar value={disk} limit={limits.disk} stale={isStale} /></span>)}
      <span className="node-disk num" data-over={over((disk ?? 0) * 100, limits.disk)}>{percent(disk)}</span>
    </>
  );
}

/** Marks a figure that is beyond its limit. */
export function over(value: number | null | undefined, limit: number | undefined): "" | undefined {
  return value !== null && value !== undefined && limit !== undefined && value > limit ? "" : undefined;
}
