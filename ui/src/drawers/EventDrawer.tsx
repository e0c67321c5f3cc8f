import { RecordAtDocument } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { open, permalink } from "../app/places";
import { useLive } from "../live/store";
import { dateTime } from "../model/format";
import { ofRecord } from "../model/status";
import { yamlOf } from "../model/yaml";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { Modal } from "../ui/Modal";
import { Part } from "./parts";

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
