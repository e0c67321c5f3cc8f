import type { Service } from "../api/types";
import { actOn, lockReason } from "../commands/deeds";
import { serviceTarget } from "../commands/registry";
import { useSide } from "../live/side";
import { useLive } from "../live/store";
import { newest } from "../model/freshness";
import { nameOf } from "../model/format";
import { ofService } from "../model/status";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { Empty, Panel, Unanswered, Waiting } from "../ui/Panel";
import { Table } from "../ui/Table";
import { Windows } from "./Windows";

/** Declared services, quorum and maintenance windows: what stands around the guests. */
export function Services() {
  const services = useLive((state) => state.side?.services);
  const asked = useSide();
  return (
    <div className="two">
      <Panel title="Services" age={{ seenAt: newest(services ?? []), of: "services" }} scroll>
        {services ? null : <Unanswered asked={asked} for="the services" />}
        {services?.length === 0 ? (
          <Empty title="No service declared.">
            <p className="dim">A manifest of kind Service names a systemd unit, a container, a URL or an address that should be up.</p>
          </Empty>
        ) : null}
        {services && services.length > 0 ? (
          <Table label="Services" heads={["service", "where", "what", "state", ""]}>
            {services.map((service) => <Line key={service.resource} service={service} />)}
          </Table>
        ) : null}
      </Panel>
      <div className="one">
        <QuorumPanel />
        <Windows />
      </div>
    </div>
  );
}

function Line({ service }: { service: Service }) {
  useLive((state) => state.link);
  const state = ofService(service);
  const name = nameOf(service.resource);
  return (
    <tr>
      <td className="strong">{name}</td>
      <td>{service.host}</td>
      <td className="mono">{service.what}</td>
      <td><Status shape={state.shape} word={state.word} title={service.unknownReason ?? service.trouble ?? undefined} /></td>
      <td className="end">
        <Button
          size="small"
          locked={lockReason() || (!service.restartAllowed && "Its manifest says: alert only")}
          onClick={() => void actOn({ name: "restartService", service: service.what, ...serviceTarget(service), verb: "Restart", target: name })}
        >
          Restart
        </Button>
      </td>
    </tr>
  );
}

function QuorumPanel() {
  const quorum = useLive((state) => state.quorum);
  const nodes = useLive((state) => state.nodes);
  return (
    <Panel title="Quorum" age={{ seenAt: quorum?.seenAt ?? null, of: "nodes" }} scroll>
      {quorum ? (
        <div className="stack">
          <p className="state-title">
            <Status shape={quorum.quorate === undefined || quorum.quorate === null ? "unknown" : quorum.quorate ? "ok" : "crit"} word={quorum.unknownReason ?? (quorum.quorate ? "The cluster may decide." : "The cluster may not decide.")} />
          </p>
          <dl className="facts">
            <dt>Votes present</dt><dd>{quorum.onlineVotes ?? "not known"} of {quorum.expectedVotes ?? "?"}</dd>
            <dt>Votes needed</dt><dd>{quorum.neededVotes ?? "not known"}</dd>
            <dt>Margin</dt><dd>{quorum.onlineVotes !== null && quorum.onlineVotes !== undefined && quorum.neededVotes ? quorum.onlineVotes - quorum.neededVotes : "not known"}</dd>
            <dt>Entry points agreeing</dt><dd>{quorum.agreeing ?? "not known"}</dd>
            <dt>Votes by node</dt><dd>{[...nodes.values()].map((node) => `${node.name} ${node.votes}`).join(", ")}</dd>
          </dl>
        </div>
      ) : <Waiting rows={3} for="quorum" />}
    </Panel>
  );
}
