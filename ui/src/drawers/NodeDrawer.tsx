import { NodeSensorsDocument, NodeUpdatesDocument } from "../api/generated/graphql";
import type { Node } from "../api/types";
import { go, open, permalink } from "../app/places";
import { useAsk } from "../api/useAsk";
import { blocked, nodeCommands } from "../commands/registry";
import { useLive } from "../live/store";
import { percent, share, span, used } from "../model/format";
import { ofNode, ofGuest } from "../model/status";
import { limitsOf } from "../model/thresholds";
import { useThresholds } from "../panels/derived";
import { Bar } from "../ui/Bar";
import { Button } from "../ui/Button";
import { Glyph, Shield, Status } from "../ui/Glyph";
import { Modal } from "../ui/Modal";
import { Spark } from "../ui/Spark";
import { DecisionList } from "./DecisionList";
import { HoldButton } from "./HoldButton";
import { Part, SpecBlock } from "./parts";
import { Week } from "./Week";

/** Everything about one node. */
export function NodeDrawer({ name }: { name: string }) {
  const node = useLive((state) => state.nodes.get(name));
  return (
    <Modal title={`Node ${name}`} look="drawer" onClose={() => open(null)}>
      {node ? <Contents node={node} /> : <p>There is no such node (any more).</p>}
    </Modal>
  );
}

function Contents({ node }: { node: Node }) {
  useLive((state) => state.link);
  const resource = useLive((state) => (node.resource ? state.resources.get(node.resource) : undefined));
  const state = ofNode(node);
  const acts = nodeCommands(node).filter((command) => command.acts);
  return (
    <div className="stack drawer-stack">
      <div className="row-wrap">
        <Status shape={state.shape} word={state.word} />
        {node.protected ? <span className="status"><Shield />protected</span> : null}
        <span className="dim">{node.ip} · {node.votes} {node.votes === 1 ? "vote" : "votes"}{node.haState ? ` · HA ${node.haState}` : ""}</span>
      </div>
      {node.unknownReason ? <p className="tone-unknown">{node.unknownReason}</p> : null}
      {state.shape === "off" ? <p className="dim">Away on purpose: {node.meantAway}</p> : null}
      <div className="row-wrap">
        <Button onClick={() => go(`/shell/node/${node.name}`)}>Terminal</Button>
        {acts.map((command) => (
          <Button key={command.id} look={command.shape === "crit" ? "danger" : "plain"} locked={blocked(command)} onClick={command.run}>
            {command.title.replace(` node ${node.name}`, "")}
          </Button>
        ))}
        {node.resource ? <HoldButton resource={node.resource} /> : null}
      </div>
      <Figures node={node} />
      <NodeWeek node={node} />
      <Pressure node={node} />
      <Part title="Guests here"><GuestsHere name={node.name} /></Part>
      <Part title="Decisions"><DecisionList resource={node.resource ?? null} /></Part>
      <Part title="Manifest">{resource ? <SpecBlock resource={resource} /> : <p className="dim">No manifest declares it.</p>}</Part>
      <p><Button size="small" onClick={() => void navigator.clipboard.writeText(permalink(`node/${node.name}`))}>Copy link</Button></p>
    </div>
  );
}

function Figures({ node }: { node: Node }) {
  const labels = useLive((state) => (node.resource ? state.resources.get(node.resource)?.labels : undefined));
  const limits = limitsOf(useThresholds(), "Node", node.name, labels);
  const { usage } = node;
  return (
    <div className="figures">
      <div>
        <span className="dim">CPU</span>
        <span className="strong num">{percent(usage.cpu)} of {usage.maxCpu ?? "?"}</span>
        <Spark ring={`node/${node.name}/cpu`} width={150} height={34} points={120} />
      </div>
      <div>
        <span className="dim">RAM</span>
        <span className="strong num">{used(usage.memBytes, usage.maxMemBytes)}</span>
        <Bar value={share(usage.memBytes, usage.maxMemBytes)} limit={limits.memory} />
      </div>
      <div>
        <span className="dim">Disk</span>
        <span className="strong num">{used(usage.diskBytes, usage.maxDiskBytes)}</span>
        <Bar value={share(usage.diskBytes, usage.maxDiskBytes)} limit={limits.disk} />
      </div>
    </div>
  );
}

function NodeWeek({ node }: { node: Node }) {
  const labels = useLive((state) => (node.resource ? state.resources.get(node.resource)?.labels : undefined));
  const limits = limitsOf(useThresholds(), "Node", node.name, labels);
  const series = (figure: string) => `node/${node.name}/${figure}`;
  return (
    <Week
      lines={[
        { series: series("cpu"), label: "CPU", unit: "%", limit: limits.cpu },
        { series: series("mem"), label: "RAM", unit: "%", limit: limits.memory },
        { series: series("temperature"), label: "Temp", unit: "°C", limit: limits.temperature },
      ]}
    />
  );
}

function Pressure({ node }: { node: Node }) {
  const updates = useAsk(NodeUpdatesDocument, {}).data?.nodes.find((one) => one.name === node.name)?.pendingUpdates;
  const sensors = useAsk(NodeSensorsDocument, { name: node.name }, node.host?.seenAt);
  const { host } = node;
  return (
    <Part title="On the node itself">
      {host?.unknownReason ? <p className="tone-unknown">{host.unknownReason}</p> : null}
      <dl className="facts">
        <dt>Up</dt><dd>{span(node.uptimeSeconds)}</dd>
        <dt>Updates waiting</dt><dd>{updates ?? "not known"}</dd>
        <dt>Load</dt><dd>{host?.load?.toFixed(2) ?? "–"} on {host?.cores ?? "?"} cores</dd>
        <dt>Waiting for CPU, memory, disk</dt>
        <dd>{[host?.cpuPressure, host?.memoryPressure, host?.ioPressure].map((value) => (value === null || value === undefined ? "–" : `${value.toFixed(1)}%`)).join(", ")}</dd>
        {(sensors.data?.node?.host?.temperatures ?? []).map((one) => (
          <SensorLine key={one.sensor} sensor={one.sensor} celsius={one.celsius} />
        ))}
      </dl>
      {host?.trouble ? <p className="tone-warn">{host.trouble}</p> : null}
    </Part>
  );
}

function SensorLine({ sensor, celsius }: { sensor: string; celsius: number }) {
  return (
    <>
      <dt>{sensor}</dt>
      <dd>{celsius.toFixed(0)}{"\u2009"}°C</dd>
    </>
  );
}

function GuestsHere({ name }: { name: string }) {
  const guests = useLive((state) => state.guests);
  const resources = useLive((state) => state.resources);
  const here = [...guests.values()].filter((guest) => guest.node === name).slice(0, 60);
  return (
    <ul className="chips">
      {here.map((guest) => (
        <li key={guest.vmid}>
          <button type="button" className="chip" onClick={() => open(`guest/${guest.vmid}`)}>
            <Glyph shape={ofGuest(guest, guest.resource ? resources.get(guest.resource) : undefined).shape} label={true} />
            <span className="mono dim">{guest.vmid}</span> {guest.name ?? ""}
          </button>
        </li>
      ))}
    </ul>
  );
}
