import { WeekDocument, type WeekQuery } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { serverNow, useNow } from "../live/now";
import { dayTime, weekday } from "../model/format";
import { Part } from "./parts";

type Hour = WeekQuery["hourlyHistories"][number]["hours"][number];

/** One line of the week: a series of the server, what it is called, and from where on it is too much. */
export interface WeekLine {
  series: string;
  label: string;
  unit: "%" | "°C";
  /** In the unit. */
  limit?: number | null;
}

const HOUR = 3_600_000;
const HOURS = 7 * 24;
/** How often the hour that is not over is asked for again, milliseconds. */
const AGAIN = 2 * 60_000;
const HEIGHT = 40;

/** What each hour of the last seven days was like: lowest to highest as a band, the mean as a line. */
export function Week({ lines }: { lines: readonly WeekLine[] }) {
  const first = Math.floor(serverNow() / HOUR) - HOURS + 1;
  const often = Math.floor(useNow("calm") / AGAIN);
  const asked = useAsk(WeekDocument, { series: lines.map((line) => line.series), since: new Date(first * HOUR).toISOString() }, often);
  const found = asked.data?.hourlyHistories;
  const hours = (found ?? []).flatMap((one) => one.hours);
  return (
    <Part title="Seven days">
      {found ? (
        <>
          <dl className="week">
            {lines.map((line) => <WeekRow key={line.series} line={line} first={first} hours={found.find((one) => one.series === line.series)?.hours ?? []} />)}
          </dl>
          {hours.length > 0 ? <Days first={first} /> : null}
          <p className="small dim">{note(hours, first)}</p>
          {asked.error && asked.answeredAt ? <p className="small tone-warn">As of {dayTime(asked.answeredAt)}; since then: {asked.error}</p> : null}
        </>
      ) : <p className="dim">{asked.error ?? "Asking"}</p>}
    </Part>
  );
}

/** What the drawing says, from when on, and which of it Proxmox averaged while Jarvis did not look. */
function note(hours: readonly Hour[], first: number): string {
  if (hours.length === 0) return "Nothing is kept yet. The first hour is on its way.";
  const began = (some: readonly Hour[]) => Math.min(...some.map((hour) => Date.parse(hour.began)));
  const own = hours.filter((hour) => hour.looks > 0);
  const parts = ["Lowest to highest of each hour, and its mean."];
  if (own.length < hours.length) parts.push(own.length > 0 ? `Before ${dayTime(began(own))} they are Proxmox's own averages.` : "They are Proxmox's own averages.");
  if (began(hours) > (first + 1) * HOUR) parts.push(`Nothing is known before ${dayTime(began(hours))}.`);
  return parts.join(" ");
}

function WeekRow({ line, first, hours }: { line: WeekLine; first: number; hours: readonly Hour[] }) {
  const [low, high] = reach(line, hours);
  const y = (value: number) => (HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 2)).toFixed(1);
  const limit = line.limit === null || line.limit === undefined ? null : line.limit / scale(line);
  return (
    <>
      <dt>{line.label}</dt>
      <dd className="week-line">
        {hours.length > 0 ? (
          <svg className="week-drawing" viewBox={`0 0 ${HOURS} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height={HEIGHT} aria-hidden="true">
            {midnights(first).map((at) => <path key={at} className="week-day" d={`M${at} 0V${HEIGHT}`} />)}
            {runs(hours, first).map((run) => (
              <g key={run[0]?.[0]}>
                <path className="week-band" d={`M${steps(run, (hour) => y(hour.max))}L${steps([...run].reverse(), (hour) => y(hour.min), true)}Z`} />
                <path className="week-mean" d={`M${steps(run, (hour) => y(hour.mean))}`} />
              </g>
            ))}
            {limit !== null && limit < high ? <path className="week-limit" d={`M0 ${y(limit)}H${HOURS}`} /> : null}
          </svg>
        ) : null}
      </dd>
      <dd className="num week-figures">
        <span className="strong" data-over={(limit !== null && hours.some((hour) => hour.max > limit)) || undefined}>{between(line, hours)}</span>
        <span className="dim">{hours.length > 0 ? `mean ${words(line, mean(hours))}` : ""}</span>
      </dd>
    </>
  );
}

/** The days by name, each in its middle, on the user's own clock. */
function Days({ first }: { first: number }) {
  return (
    <p className="week-days dim" aria-hidden="true">
      {midnights(first).filter((at) => at + 12 < HOURS).map((at) => (
        <span key={at} style={{ left: `${((at + 12) / HOURS) * 100}%` }}>{weekday((first + at) * HOUR)}</span>
      ))}
    </p>
  );
}

/** The hours of the week at which a day begins. */
function midnights(first: number): number[] {
  return Array.from({ length: HOURS }, (_, at) => at).filter((at) => new Date((first + at) * HOUR).getHours() === 0);
}

type Placed = readonly [at: number, hour: Hour];

/** Hours that follow each other without a gap. */
function runs(hours: readonly Hour[], first: number): Placed[][] {
  const all: Placed[][] = [];
  for (const hour of hours) {
    const at = Math.round(Date.parse(hour.began) / HOUR) - first;
    const last = all.at(-1);
    if (at < 0 || at >= HOURS) continue;
    if (last?.at(-1)?.[0] === at - 1) last.push([at, hour]);
    else all.push([[at, hour]]);
  }
  return all;
}

/** A stair: each hour is level from its beginning to its end. */
function steps(run: readonly Placed[], y: (hour: Hour) => string, back = false): string {
  return run.map(([at, hour]) => (back ? `${at + 1} ${y(hour)}L${at} ${y(hour)}` : `${at} ${y(hour)}L${at + 1} ${y(hour)}`)).join("L");
}

/** From where to where the drawing goes: shares from nothing, degrees around what there is. */
function reach(line: WeekLine, hours: readonly Hour[]): readonly [number, number] {
  const most = Math.max(...hours.map((hour) => hour.max));
  const least = Math.min(...hours.map((hour) => hour.min));
  return line.unit === "%" ? [0, Math.max(0.3, most * 1.15)] : [Math.min(30, least - 2), Math.max(60, most + 5)];
}

const scale = (line: WeekLine): number => (line.unit === "%" ? 100 : 1);
const words = (line: WeekLine, value: number): string => (line.unit === "%" ? `${Math.round(value * 100)}%` : `${Math.round(value)}\u2009°C`);
const mean = (hours: readonly Hour[]): number => hours.reduce((sum, hour) => sum + hour.mean, 0) / hours.length;

function between(line: WeekLine, hours: readonly Hour[]): string {
  if (hours.length === 0) return "–";
  const least = Math.round(Math.min(...hours.map((hour) => hour.min)) * scale(line));
  const most = words(line, Math.max(...hours.map((hour) => hour.max)));
  return most.startsWith(`${least}${line.unit === "%" ? "%" : "\u2009"}`) ? most : `${least}–${most}`;
}
