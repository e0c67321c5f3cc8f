import { open } from "../app/places";
import { hold, lockReason } from "../commands/deeds";
import { useNow } from "../live/now";
import { useLive } from "../live/store";
import type { Start } from "../model/announced";
import { countdown, nameOf } from "../model/format";
import { Button } from "../ui/Button";
import { Status } from "../ui/Glyph";
import { useAnnounced } from "./derived";

/** A guest that is started soon, and how that is kept from happening. */
export function AnnouncedCard({ start }: { start: Start }) {
  useLive((state) => state.link);
  const { resource, summary } = start.issue;
  const guest = useLive((state) => [...state.guests.values()].find((one) => one.resource === resource));
  const name = guest?.name ?? nameOf(resource);
  return (
    <article className="ask-card" aria-label={`${name} is started unless it is held`}>
      <header className="row">
        <Status shape="acting" word="announced" />
        <h3 className="grow ask-title">{name} is <Until at={start.at} /></h3>
      </header>
      <p>{summary}</p>
      <div className="row-wrap">
        <Button look="primary" locked={lockReason()} onClick={() => void hold(resource)}>Hold 1 h</Button>
        {guest ? <Button onClick={() => open(`guest/${guest.vmid}`)}>Open</Button> : null}
      </div>
    </article>
  );
}

/** The same as a line, for where the guest is named already. */
export function AnnouncedLine({ resource }: { resource: string }) {
  const start = useAnnounced().find(({ issue }) => issue.resource === resource);
  if (!start) return null;
  return <p className="tone-warn">It is <Until at={start.at} />.</p>;
}

function Until({ at }: { at: number }) {
  const now = useNow();
  return <>started in <span className="num">{countdown((at - now) / 1000)}</span> unless it is held</>;
}
