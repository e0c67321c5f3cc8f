import { useCallback, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { open } from "../app/places";
import { useUi } from "../app/ui-state";
import { actOnGuest } from "../commands/deeds";
import { useFollowed, usePaused } from "../live/hands";
import { useLive } from "../live/store";
import { type GroupKey, type Line, type SortKey, figuresFor, filtered, grouped, sorted, stepped } from "../model/guests";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { Sparks } from "../ui/Spark";
import { useVirtual } from "../ui/useVirtual";
import { GuestLine } from "./GuestLine";
import { useGuestRows } from "./derived";
import { useSteady } from "./useSteady";

const ROW = { jarvis: 30, ops: 24, minimal: 32 } as const;
export type Mode = keyof typeof ROW;

interface Props {
  /** All columns, filter and grouping. */
  full?: boolean;
  mode: Mode;
}

/** All guests: problems first, virtual rows of fixed height. */
export function Guests({ full = false, mode }: Props) {
  const rows = useGuestRows();
  const guests = useLive((state) => state.guests);
  const figures = useLive((state) => state.figures);
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const [sort, setSort] = useState<SortKey>("problems");
  const [group, setGroup] = useState<GroupKey>("none");
  const filter = useFollowed(useUi((state) => state.guestFilter), rows.length);
  const order = useFollowed(sort, rows.length);
  const compared = figuresFor(order, figures);
  const ordered = useMemo(() => sorted(rows, order, compared), [rows, order, compared]);
  const fitting = useMemo(() => filtered(ordered, filter), [ordered, filter]);
  const steady = useSteady(fitting, `${order} ${filter}`);
  const lines = useMemo(() => grouped(steady.rows, group), [steady.rows, group]);
  const running = useMemo(() => rows.filter((row) => row.guest.status === "RUNNING").length, [rows]);
  // A template never runs.
  const able = useMemo(() => rows.filter((row) => !row.guest.template).length, [rows]);
  const seenAt = useMemo(() => figures.newest(guests.values()), [figures, guests]);
  const note = rows.length > 0 ? <span>{`${running} of ${able} running`}</span> : null;
  return (
    <Panel title="Guests" age={{ seenAt, of: "guests" }} note={note} flush className={`guests ${full ? "guests-full" : ""}`}>
      {full ? <Tools sort={sort} onSort={setSort} group={group} onGroup={setGroup} /> : null}
      {hasSnapshot ? null : <Waiting rows={9} for="the first snapshot" />}
      {hasSnapshot && rows.length === 0 ? (
        <Empty title="No guests declared or found.">
          <p className="dim">Once a node reports a virtual machine or a container, it stands here.</p>
        </Empty>
      ) : null}
      {rows.length > 0 && lines.length === 0 ? <Empty title={`No guest fits “${filter}”.`} /> : null}
      {lines.length > 0 ? <List lines={lines} full={full} height={ROW[mode]} held={steady.held} /> : null}
    </Panel>
  );
}

const SORTS: { [key in SortKey]: string } = {
  problems: "problems first", vmid: "number", name: "name", node: "node", cpu: "CPU", memory: "memory", uptime: "uptime",
};
const GROUPS: { [key in GroupKey]: string } = { none: "no groups", node: "by node", state: "by state", strategy: "by strategy" };

interface ToolsProps {
  sort: SortKey;
  onSort: (key: SortKey) => void;
  group: GroupKey;
  onGroup: (key: GroupKey) => void;
}

function Tools({ sort, onSort, group, onGroup }: ToolsProps) {
  const filter = useUi((state) => state.guestFilter);
  return (
    <div className="tools">
      <input
        className="input input-small grow"
        data-filter=""
        type="search"
        aria-label="Filter guests"
        placeholder="Filter: words, node:atlas, state:stopped, tag:web, is:vm"
        value={filter}
        onChange={(event) => useUi.setState({ guestFilter: event.target.value })}
      />
      <select className="input input-small" aria-label="Sort guests" value={sort} onChange={(event) => onSort(event.target.value as SortKey)}>
        {Object.entries(SORTS).map(([key, word]) => (
          <option key={key} value={key}>{word}</option>
        ))}
      </select>
      <select className="input input-small" aria-label="Group guests" value={group} onChange={(event) => onGroup(event.target.value as GroupKey)}>
        {Object.entries(GROUPS).map(([key, word]) => (
          <option key={key} value={key}>{word}</option>
        ))}
      </select>
    </div>
  );
}

interface ListProps {
  lines: readonly Line[];
  full: boolean;
  height: number;
  held: ReturnType<typeof useSteady>["held"];
}

function List({ lines, full, height, held }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [selected, setSelected] = useState<number | null>(null);
  // Who steps through the list sees what may be done with a row when they stop at it.
  const [offering, offer] = usePaused(selected, Number.POSITIVE_INFINITY);
  const select = useCallback((vmid: number) => {
    setSelected(vmid);
    offer(vmid);
  }, [offer]);
  const { from, to } = useVirtual(box, lines.length, height);
  const move = (step: number) => {
    const from = selected === null ? -1 : lines.findIndex((line) => vmidOf(line) === selected);
    const index = stepped(lines, from, step);
    const next = lines[index];
    const on = box.current;
    if (!next || !on) return;
    setSelected(vmidOf(next));
    const top = index * height;
    if (top < on.scrollTop) on.scrollTop = top;
    else if (top + height * 2 > on.scrollTop + on.clientHeight) on.scrollTop = top + height * 2 - on.clientHeight;
  };
  return (
    <div className="guest-table" role="table" aria-label="Guests" aria-rowcount={lines.length + 1}>
      <div className="guest-heads" role="row" aria-rowindex={1}>
        <span role="columnheader"><span className="sr">state</span></span>
        <span role="columnheader">id</span>
        <span role="columnheader">name</span>
        <span role="columnheader" className="col-node">node</span>
        <span role="columnheader">state</span>
        {full ? <span role="columnheader" className="col-full col-declared">declared</span> : null}
        {full ? <span role="columnheader" className="col-full num">memory</span> : null}
        {full ? <span role="columnheader" className="col-full num">up</span> : null}
        <span role="columnheader" className="col-cpu">cpu</span>
      </div>
      <div
        ref={box}
        className="guest-rows"
        role="rowgroup"
        tabIndex={0}
        aria-label="Guest rows: arrows move, Enter opens, S starts or stops, R restarts"
        data-list="guests"
        {...held}
        onKeyDown={(event) => {
          const vmid = selected;
          const step = STEP[event.key];
          if (step !== undefined) {
            event.preventDefault();
            move(step);
          } else if (event.key === "Tab") flushSync(() => offer(vmid));
          else if (vmid !== null && event.key === "Enter" && event.target === event.currentTarget) {
            // The same stroke would press what has the focus in the drawer: the button that closes it.
            event.preventDefault();
            open(`guest/${vmid}`);
          } else if (vmid !== null && !event.ctrlKey && !event.metaKey) onVerb(event.key, vmid, lines);
        }}
      >
        <div style={{ height: lines.length * height }} role="none">
          {lines.slice(from, to).map((line, index) => (
            <GuestLine
              key={"guest" in line ? line.guest.vmid : line.heading}
              line={line}
              index={from + index}
              height={height}
              full={full}
              isSelected={"guest" in line && line.guest.vmid === selected}
              offers={"guest" in line && line.guest.vmid === selected && offering === selected}
              onSelect={select}
            />
          ))}
          {full ? null : <CpuLines lines={lines.slice(from, to)} height={height} top={from * height} />}
        </div>
      </div>
    </div>
  );
}

/** Of the rows in sight. What may be done with the selected one lies over its line. */
function CpuLines({ lines, height, top }: { lines: readonly Line[]; height: number; top: number }) {
  const rings = lines.map((line) => ("guest" in line && line.guest.status === "RUNNING" ? `guest/${line.guest.vmid}/cpu` : null));
  return <Sparks rings={rings} row={height} width={60} height={18} points={40} className="guest-lines" style={{ top }} />;
}

const vmidOf = (line: Line): number | null => ("guest" in line ? line.guest.vmid : null);

const STEP: { [key: string]: number } = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 12, PageUp: -12, Home: -100_000, End: 100_000 };

function onVerb(key: string, vmid: number, lines: readonly Line[]): void {
  const line = lines.find((one) => vmidOf(one) === vmid);
  if (!line || !("guest" in line)) return;
  const { guest } = line;
  if (key === "r") void actOnGuest("reboot", guest);
  else if (key === "s") void actOnGuest(guest.status === "RUNNING" ? "shutdown" : "start", guest);
}
