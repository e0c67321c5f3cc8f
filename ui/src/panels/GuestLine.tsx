import { memo } from "react";
import type { Guest } from "../api/types";
import { go, open } from "../app/places";
import { actOnGuest, lockReason, type GuestVerb } from "../commands/deeds";
import { useLive } from "../live/store";
import { type Line, saysTheSame } from "../model/guests";
import { Button } from "../ui/Button";
import { Glyph, Shield } from "../ui/Glyph";
import { Icon, type IconName } from "../ui/icons";
import { GuestFigure, cpuSaid, memorySaid, uptimeSaid } from "./GuestFigure";

interface Props {
  line: Line;
  index: number;
  height: number;
  full: boolean;
  isSelected: boolean;
  /** Shows what may be done with it. */
  offers: boolean;
  onSelect: (vmid: number) => void;
}

/** One row of the guest list, or the heading of a group. Few of those that are new say anything else. */
export const GuestLine = memo(Row, (before, now) => isSamePlace(before, now) && saysTheSame(before.line, now.line));

const isSamePlace = (a: Props, b: Props): boolean =>
  a.index === b.index && a.height === b.height && a.full === b.full && a.isSelected === b.isSelected && a.offers === b.offers && a.onSelect === b.onSelect;

function Row({ line, index, height, full, isSelected, offers, onSelect }: Props) {
  // Not by a transform: a browser keeps a layer tree of those, and goes over all of it with each frame.
  const place = { top: index * height, height };
  const isLost = useLive((state) => state.link === "lost");
  if ("heading" in line) {
    return (
      <div className="guest-row guest-group" role="row" aria-rowindex={index + 2} style={place}>
        <span role="cell" className="group-name">{line.heading} <span className="dim">{line.count}</span></span>
      </div>
    );
  }
  const { guest, shape, word } = line;
  return (
    <div
      className="guest-row"
      role="row"
      aria-rowindex={index + 2}
      data-selected={isSelected ? "" : undefined}
      data-offers={offers ? "" : undefined}
      data-vmid={guest.vmid}
      style={place}
      onClick={() => onSelect(guest.vmid)}
      onDoubleClick={() => open(`guest/${guest.vmid}`)}
    >
      <span role="cell"><Glyph shape={isLost ? "unknown" : shape} label={true} /></span>
      <span role="cell" className="mono dim">{guest.vmid}</span>
      <span role="cell" className="guest-name">
        <button type="button" className="link cut-text" tabIndex={isSelected ? 0 : -1} onClick={() => open(`guest/${guest.vmid}`)} title={guest.name ?? undefined}>
          {guest.kind === "LXC" ? <span className="dim">ct/</span> : null}<bdi>{guest.name ?? "nameless"}</bdi>
        </button>
        {guest.protected ? <Shield /> : null}
      </span>
      <span role="cell" className="col-node cut-text">{guest.node}</span>
      <span role="cell" className={`cut-text tone-${isLost ? "unknown" : shape}`} title={guest.unknownReason ?? undefined}>
        {isLost ? <span className="sr">was </span> : null}{word}
      </span>
      {full ? <FullCells guest={guest} /> : null}
      <span role="cell" className="col-cpu">
        {guest.status === "RUNNING" ? (
          <span className={full ? "num" : "num instead-of-line"}><GuestFigure of={guest.vmid} say={cpuSaid} /></span>
        ) : null}
      </span>
      {offers || full ? <Verbs guest={guest} reachable={isSelected} /> : null}
    </div>
  );
}

function FullCells({ guest }: { guest: Guest }) {
  const running = guest.status === "RUNNING";
  return (
    <>
      <span role="cell" className="col-full col-declared cut-text dim">{guest.runStrategy?.toLowerCase().replaceAll("_", " ") ?? "not declared"}</span>
      <span role="cell" className="col-full num">{running ? <GuestFigure of={guest.vmid} say={memorySaid} /> : null}</span>
      <span role="cell" className="col-full num">{running ? <GuestFigure of={guest.vmid} say={uptimeSaid} /> : null}</span>
    </>
  );
}

const VERBS: { verb: GuestVerb; word: string; icon: IconName; when: Guest["status"] }[] = [
  { verb: "start", word: "Start", icon: "play", when: "STOPPED" },
  { verb: "reboot", word: "Restart", icon: "restart", when: "RUNNING" },
  { verb: "shutdown", word: "Shut down", icon: "power", when: "RUNNING" },
];

function Verbs({ guest, reachable }: { guest: Guest; reachable: boolean }) {
  useLive((state) => state.link);
  // Between the two halves of a restart it is stopped, and not to be started.
  const isBusy = useLive((state) => state.side?.tickets.some((one) => one.action.vmid === guest.vmid && (one.state === "RUNNING" || one.state === "QUEUED")) ?? false);
  const locked = lockReason() || (isBusy && "What was asked for is under way");
  const name = guest.name ?? String(guest.vmid);
  if (guest.template) return null;
  return (
    <span role="cell" className="guest-verbs">
      {VERBS.filter((one) => one.when === guest.status).map(({ verb, word, icon }) => (
        <Button
          key={verb}
          size="icon"
          locked={locked}
          aria-label={`${word} ${name}`}
          title={`${word} ${name}`}
          tabIndex={reachable ? 0 : -1}
          onClick={(event) => {
            event.stopPropagation();
            void actOnGuest(verb, guest);
          }}
        >
          <Icon name={icon} />
        </Button>
      ))}
      <Button size="icon" aria-label={`Terminal of ${name}`} title={`Terminal of ${name}`} tabIndex={reachable ? 0 : -1} onClick={() => go(`/shell/guest/${guest.vmid}`)}>
        <Icon name="shell" />
      </Button>
    </span>
  );
}
