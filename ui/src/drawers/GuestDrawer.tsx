import { useEffect } from "react";
import { GuestTasksDocument, LastBackupDocument, ResourceEventsDocument, SnapshotsDocument } from "../api/generated/graphql";
import type { Guest } from "../api/types";
import { go, open, permalink } from "../app/places";
import { acceptIdentity, actOn, actOnGuest, GUEST_VERBS, type GuestVerb, lockReason } from "../commands/deeds";
import { useAsk } from "../api/useAsk";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { bytes, dateTime, percent, share, span, used } from "../model/format";
import { titleOf } from "../model/guests";
import { ofGuest } from "../model/status";
import { Bar } from "../ui/Bar";
import { Button } from "../ui/Button";
import { Shield, Status } from "../ui/Glyph";
import { Modal } from "../ui/Modal";
import { Spark } from "../ui/Spark";
import { AnnouncedLine } from "../panels/Announced";
import { useWaiting } from "../panels/derived";
import { QueuedLine } from "../panels/WaitingCards";
import { EventList, Part, SpecBlock, TaskList } from "./parts";
import { DecisionList } from "./DecisionList";
import { HoldButton } from "./HoldButton";
import { Week } from "./Week";

const close = () => open(null);

/** Everything about one guest: state, figures, what may be done, manifest, decisions, tasks, history. */
export function GuestDrawer({ vmid }: { vmid: number }) {
  const guest = useLive((state) => state.guests.get(vmid));
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  useEffect(() => {
    if (hasSnapshot && !guest) console.info(`guest ${vmid} is not there`);
  }, [hasSnapshot, guest, vmid]);
  const title = guest ? titleOf(guest) : `Guest ${vmid}`;
  return (
    <Modal title={title} look="drawer" onClose={close}>
      {guest ? <Contents guest={guest} /> : <p>{hasSnapshot ? "There is no such guest (any more)." : "Waiting for the first snapshot."}</p>}
    </Modal>
  );
}

function Contents({ guest }: { guest: Guest }) {
  const resource = useLive((state) => (guest.resource ? state.resources.get(guest.resource) : undefined));
  const state = ofGuest(guest, resource);
  const head = useLive((state) => state.head);
  const queued = useWaiting().queued.filter((ticket) => ticket.action.vmid === guest.vmid);
  const tasks = useAsk(GuestTasksDocument, { vmid: guest.vmid }, head);
  // What no manifest declares is found by what is said of it.
  const which = guest.resource ? { resource: guest.resource } : { text: `guest ${guest.vmid}` };
  const events = useAsk(ResourceEventsDocument, { filter: which }, head);
  return (
    <div className="stack drawer-stack">
      <div className="row-wrap">
        <Status shape={state.shape} word={state.word} />
        {guest.protected ? <span className="status"><Shield />protected</span> : null}
        <span className="dim">on {guest.node}</span>
        {guest.haState ? <span className="tag">HA {guest.haState}</span> : null}
        {guest.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}
      </div>
      {guest.unknownReason ? <p className="tone-unknown">{guest.unknownReason}</p> : null}
      {resource?.hold ? <p>Left alone{resource.hold.until ? ` until ${dateTime(resource.hold.until)}` : ""} on the word of {resource.hold.by}: {resource.hold.reason}.</p> : null}
      {resource?.status?.headline && !resource.hold ? <p>{resource.status.headline.message}</p> : null}
      {guest.stopCause ? <p>Not running because: {guest.stopCause}</p> : null}
      {guest.resource ? <AnnouncedLine resource={guest.resource} /> : null}
      <Verbs guest={guest} />
      {queued.map((ticket) => <QueuedLine key={ticket.id} ticket={ticket} />)}
      <Figures guest={guest} />
      <Week lines={[{ series: `guest/${guest.vmid}/cpu`, label: "CPU", unit: "%" }, { series: `guest/${guest.vmid}/mem`, label: "RAM", unit: "%" }]} />
      <Part title="Decisions"><DecisionList vmid={guest.vmid} resource={guest.resource ?? null} /></Part>
      <Part title="History">{events.data ? <EventList records={events.data.events.filter((one) => guest.resource || speaksOf(guest.vmid, one))} /> : <p className="dim">{events.error ?? "Asking"}</p>}</Part>
      <Part title="Manifest" action={guest.resource ? <Button size="small" onClick={() => go("/manifests")}>Open</Button> : null}>
        {resource ? <SpecBlock resource={resource} /> : <p className="dim">No manifest declares it, so I only watch it. <code className="mono">jarvis adopt</code> writes one.</p>}
      </Part>
      <Part title="Backups"><LastBackup vmid={guest.vmid} /></Part>
      <Part title="Snapshots" action={<TakeSnapshot guest={guest} />}><Snapshots vmid={guest.vmid} /></Part>
      <Part title="Tasks">{tasks.data ? <TaskList tasks={tasks.data.tasks} /> : <p className="dim">{tasks.error ?? "Asking"}</p>}</Part>
      <p className="small dim">Identity <code className="mono">{guest.identity ?? "not read yet"}</code></p>
      <p><Button size="small" onClick={() => void navigator.clipboard.writeText(permalink(`guest/${guest.vmid}`))}>Copy link</Button></p>
    </div>
  );
}

/** Guest 20 is not spoken of where guest 209 is. */
const speaksOf = (vmid: number, { title, detail }: { title: string; detail: string | null }): boolean =>
  new RegExp(`\\b${vmid}\\b`).test(`${title} ${detail ?? ""}`);

function TakeSnapshot({ guest }: { guest: Guest }) {
  useLive((state) => state.link);
  const take = () => {
    const stamp = new Date(serverNow()).toISOString().slice(0, 16).replace(/[-:T]/g, "");
    void actOn({ name: "createSnapshot", vmid: guest.vmid, snapshot: `jarvis-${stamp}`, verb: "Take a snapshot of", target: guest.name ?? String(guest.vmid) });
  };
  return <Button size="small" locked={lockReason()} onClick={take}>Take one</Button>;
}

function LastBackup({ vmid }: { vmid: number }) {
  const asked = useAsk(LastBackupDocument, { vmid }, useLive((state) => state.sideAt));
  const backup = asked.data?.lastBackup;
  if (!backup) return <p className="dim">{asked.error ?? "Asking"}</p>;
  if (backup.unknownReason) return <p className="tone-unknown">Not known: {backup.unknownReason}</p>;
  if (!backup.at) return <p className="tone-warn">No storage that can be read has one.</p>;
  return <p>Last <time className="mono" dateTime={backup.at}>{dateTime(backup.at)}</time>, {span((serverNow() - Date.parse(backup.at)) / 1000)} ago</p>;
}

function Snapshots({ vmid }: { vmid: number }) {
  const asked = useAsk(SnapshotsDocument, { vmid }, useLive((state) => state.head));
  const list = asked.data?.snapshots.snapshots;
  if (!list) return <p className="dim">{asked.error ?? "Asking"}</p>;
  if (list.length === 0) return <p className="dim">None.</p>;
  return (
    <ul className="lines">
      {list.map((one) => (
        <li key={one.name}>
          <span className="strong">{one.name}</span>
          <span className="dim">{one.at ? dateTime(one.at) : ""}</span>
          <span className="grow cut-text">{one.description}</span>
          {one.memory ? <span className="tag">with memory</span> : null}
        </li>
      ))}
    </ul>
  );
}

function Verbs({ guest }: { guest: Guest }) {
  useLive((state) => state.link);
  const issue = useLive((state) => state.side?.issues.find((one) => one.resource === guest.resource && one.kind === "IDENTITY_CHANGED"));
  const verbs: GuestVerb[] = guest.template ? [] : guest.status === "RUNNING" ? ["reboot", "shutdown", "stop"] : ["start"];
  const locked = lockReason();
  return (
    <div className="row-wrap">
      {verbs.map((verb) => (
        <Button key={verb} look={verb === "stop" ? "danger" : verb === "start" ? "primary" : "plain"} locked={locked} onClick={() => void actOnGuest(verb, guest)}>
          {GUEST_VERBS[verb].word}
        </Button>
      ))}
      <Button onClick={() => go(`/shell/guest/${guest.vmid}`)}>Terminal</Button>
      {guest.resource ? <HoldButton resource={guest.resource} /> : null}
      {issue && guest.identity ? <Button look="danger" locked={locked} onClick={() => void acceptIdentity(guest.vmid, guest.identity ?? "")}>Accept the new machine</Button> : null}
    </div>
  );
}

function Figures({ guest }: { guest: Guest }) {
  const figures = useLive((state) => state.figures);
  const usage = figures.of(guest.vmid);
  const memory = share(usage.memBytes, usage.maxMemBytes);
  const isRunning = guest.status === "RUNNING";
  return (
    <div className="figures">
      <div>
        <span className="dim">CPU</span>
        <span className="strong num">{isRunning ? `${percent(usage.cpu)} of ${usage.maxCpu ?? "?"}` : "–"}</span>
        <Spark ring={`guest/${guest.vmid}/cpu`} width={150} height={34} />
      </div>
      <div>
        <span className="dim">Memory</span>
        <span className="strong num">{isRunning ? used(usage.memBytes, usage.maxMemBytes) : bytes(usage.maxMemBytes)}</span>
        <Bar value={isRunning ? memory : 0} />
      </div>
      <div>
        <span className="dim">Up</span>
        <span className="strong num">{isRunning ? span(usage.uptimeSeconds) : "–"}</span>
        <span className="small dim">{guest.runStrategy ? `declared ${guest.runStrategy.toLowerCase().replaceAll("_", " ")}` : "not declared"}</span>
      </div>
    </div>
  );
}
