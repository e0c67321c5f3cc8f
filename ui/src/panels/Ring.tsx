import { type CSSProperties, memo, useMemo } from "react";
import type { Node } from "../api/types";
import { grouped, type Segment } from "../model/counters";
import { share } from "../model/format";
import type { Shape } from "../model/status";

const COLOR: { [shape in Shape]: string } = {
  ok: "var(--ok)", acting: "var(--info)", warn: "var(--warn)", crit: "var(--crit)", off: "var(--text-3)",
  unknown: "var(--unknown)", refused: "var(--text-1)",
};
const BAND = 126;
/** What is well stands back: so wide, and so faint. */
const CALM = 11;
const FAINT = 0.82;
const GAUGES = 4;

function at(radius: number, turn: number): string {
  const angle = turn * 2 * Math.PI;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
}

/** An arc from one part of the turn to another. */
function arc(radius: number, from: number, to: number): string {
  const end = Math.max(to, from + 0.0005);
  return `M${at(radius, from)}A${radius} ${radius} 0 ${end - from > 0.5 ? 1 : 0} 1 ${at(radius, end)}`;
}

/** The disc where the count stands is so wide; a digit is so wide for its height; the total is written so much smaller. */
const CHORD = 116;
const DIGIT = 0.62;
const SMALLER = 0.4;

interface Props {
  segments: readonly Segment[];
  nodes: readonly Node[];
  inSync: number;
  total: number;
  /** Seconds to the next look, and how far the present wait has gone, 0 to 1. */
  next: string;
  elapsed: number;
  title: string;
  state: "normal" | "stopped" | "lost";
}

/** The size at which the count and the smaller total stand in the disc. */
function fits(inSync: number, total: number): number {
  const digits = String(inSync).length + SMALLER * (String(total).length + 1);
  return Math.floor(CHORD / (DIGIT * digits));
}

/** The emblem: every stroke is data. Ticks are the time to the next pass, the band the resources, inside the nodes. */
export function Ring({ segments, nodes, inSync, total, next, elapsed, title, state }: Props) {
  return (
    <svg className="emblem" viewBox="-158 -158 316 316" role="img" aria-label={title}>
      <Frame />
      <Ticks lit={state === "normal" ? Math.round(elapsed * 60) : 0} />
      <Band segments={segments} isLost={state === "lost"} />
      {nodes.length <= GAUGES * 2 ? <Gauges nodes={nodes} /> : null}
      <g className="ring-core">
        <circle r="66" className="ring-disc" />
        <text y="-26" className="ring-label">{state === "stopped" ? "STOPPED" : state === "lost" ? "LAST SEEN" : "IN SYNC"}</text>
        <text y="14" className="ring-number" style={{ "--fits": `${fits(inSync, total)}px` } as CSSProperties}>
          {inSync}
          <tspan className="ring-of" dx="3">/{total}</tspan>
        </text>
        <text y="36" className="ring-next">{next}</text>
      </g>
    </svg>
  );
}

const Frame = memo(function Frame() {
  return (
    <g fill="none">
      <circle r="108" stroke="var(--hairline)" strokeWidth="1" />
      <circle r="73" stroke="var(--edge)" strokeWidth="0.8" strokeDasharray="1 3" />
      <path d={arc(164, 0.06, 0.13)} stroke="var(--arc)" strokeWidth="2" />
      <path d={arc(164, 0.13, 0.24)} stroke="var(--hairline)" strokeWidth="1" />
      <path d={arc(164, 0.56, 0.63)} stroke="var(--arc)" strokeWidth="2" />
      <path d={arc(164, 0.63, 0.74)} stroke="var(--hairline)" strokeWidth="1" />
    </g>
  );
});

const TICKS = Array.from({ length: 60 }, (_, tick) => {
  const long = tick % 5 === 0;
  return `M${at(long ? 144 : 147, tick / 60)}L${at(154, tick / 60)}`;
});

function Ticks({ lit }: { lit: number }) {
  const count = Math.min(Math.max(lit, 0), 60);
  return (
    <g fill="none" strokeWidth="1.4">
      <path d={TICKS.slice(count).join("")} stroke="var(--edge)" opacity="0.55" />
      <path d={TICKS.slice(0, count).join("")} stroke="var(--accent)" strokeWidth="1.7" />
      <circle r="2.6" cx="0" cy="-150" fill="var(--accent-2)" transform={`rotate(${count * 6})`} />
    </g>
  );
}

const Band = memo(function Band({ segments, isLost }: { segments: readonly Segment[]; isLost: boolean }) {
  const shown = useMemo(() => grouped(segments), [segments]);
  const size = 1 / Math.max(shown.length, 1);
  const gap = Math.min(0.0042, size * 0.2);
  const placed = shown.map((segment, index) => ({ segment, from: index * size + gap / 2, to: (index + 1) * size - gap / 2 }));
  // A part that stands for many says nothing of its own while all is well: those are one stroke, and one element of the page.
  const isWell = ({ segment }: (typeof placed)[number]) => shown.length < segments.length && !isLost && segment.shape === "ok";
  const well = placed.filter(isWell);
  return (
    <g fill="none">
      {shown.length === 0 ? <circle r={BAND} stroke="var(--track)" strokeWidth="11" /> : null}
      {well.length > 0 ? <path d={well.map(({ from, to }) => arc(BAND, from, to)).join("")} stroke={COLOR.ok} strokeWidth={CALM} opacity={FAINT} /> : null}
      {placed.filter((one) => !isWell(one)).map(({ segment, from, to }) => {
        const shape = isLost ? "unknown" : segment.shape;
        return <BandPart key={segment.key} from={from} to={to} shape={shape} said={`${segment.key}: ${segment.word}`} />;
      })}
    </g>
  );
});

function BandPart({ from, to, shape, said }: { from: number; to: number; shape: Shape; said: string }) {
  const title = <title>{said}</title>;
  if (shape === "unknown") {
    return (
      <g stroke={COLOR.unknown} strokeWidth="1.4">
        {title}
        <path d={arc(BAND + 5, from, to)} />
        <path d={arc(BAND - 5, from, to)} />
      </g>
    );
  }
  const isCalm = shape === "ok" || shape === "off";
  return (
    <path d={arc(BAND, from, to)} stroke={COLOR[shape]} strokeWidth={isCalm ? CALM : 17} opacity={shape === "ok" ? FAINT : 1}>
      {title}
    </path>
  );
}

const Gauges = memo(function Gauges({ nodes }: { nodes: readonly Node[] }) {
  const part = 1 / Math.max(nodes.length, GAUGES);
  return (
    <g fill="none">
      {nodes.map((node, index) => {
        const from = index * part + 0.014;
        const width = part - 0.028;
        const isSeen = !node.unknownReason && node.status === "ONLINE";
        const cpu = isSeen ? (node.usage.cpu ?? 0) : 0;
        const ram = isSeen ? (share(node.usage.memBytes, node.usage.maxMemBytes) ?? 0) : 0;
        return (
          <g key={node.name}>
            <path d={arc(98, from, from + width)} stroke="var(--track)" strokeWidth="9" />
            <path d={arc(86, from, from + width)} stroke="var(--track)" strokeWidth="4" />
            {cpu > 0 ? <path d={arc(98, from, from + width * Math.min(cpu, 1))} stroke="var(--accent)" strokeWidth="9" /> : null}
            {ram > 0 ? <path d={arc(86, from, from + width * Math.min(ram, 1))} stroke="var(--arc)" strokeWidth="4" /> : null}
          </g>
        );
      })}
    </g>
  );
});
