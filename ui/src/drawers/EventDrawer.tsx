import { RecordAtDocument, ResourceEventsDocument } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { open, permalink } from "../app/places";
import { useLive } from "../live/store";
import { dateTime, nameOf } from "../model/format";
import { ofRecord } from "../model/status";
import { yamlOf } from "../model/yaml";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { Modal } from "../ui/Modal";
import { EventList, Part } from "./parts";

/** One record of the journal, whole. */
export function EventDrawer({ seq }: { seq: number }) {
  const asked = useAsk(RecordAtDocument, { after: seq - 1 });
  const guests = useLive((state) => state.guests);
  const record = asked.data?.events.find((one) => one.seq === seq);
  const guest = record?.resource ? [...guests.values()].find((one) => one.resource === record.resource) : undefined;
  return (
    <Modal title={`Record ${seq}`} look="drawer" onClose={() => open(null)}>
      {record ? (
        <div className="stack drawer-stack">
          <Status shape={ofRecord(record)} word={`${record.name}${record.audit ? ", audited" : ""}`} />
          <p className="card-title">{record.title}</p>
          {record.detail ? <p>{record.detail}</p> : null}
          {record.resource ? <Matter resource={record.resource} seq={seq} /> : null}
          <dl className="facts">
            <dt>When</dt><dd>{dateTime(record.at)}</dd>
            {record.resource ? <><dt>Resource</dt><dd>{record.resource}</dd></> : null}
            <dt>Hash in the chain</dt><dd className="mono">{record.hash}</dd>
          </dl>
          <div className="row-wrap">
            {guest ? <Button onClick={() => open(`guest/${guest.vmid}`)}>Open guest {guest.vmid}</Button> : null}
            <Button onClick={() => void navigator.clipboard.writeText(permalink(`event/${seq}`))}>Copy link</Button>
          </div>
          <Part title="The record itself"><pre className="code" tabIndex={0} aria-label="Record">{yamlOf(record.data)}</pre></Part>
        </div>
      ) : (
        <p>{asked.error ?? (asked.data ? "There is no such record." : "Asking")}</p>
      )}
    </Modal>
  );
}

/** Why this came to be: what else was recorded of the same thing, so that a line of the feed leads to its cause. */
function Matter({ resource, seq }: { resource: string; seq: number }) {
  const asked = useAsk(ResourceEventsDocument, { filter: { resource } }, useLive((state) => state.head));
  const records = asked.data?.events;
  if (records && records.every((one) => one.seq === seq)) return null;
  return (
    <Part title={`What happened to ${nameOf(resource)}`}>
      {records ? <EventList records={records} at={seq} /> : <p className="dim">{asked.error ?? "Asking"}</p>}
    </Part>
  );
}
