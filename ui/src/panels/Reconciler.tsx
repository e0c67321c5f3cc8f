import { useMemo } from "react";
import { open } from "../app/places";
import { useMode } from "../app/prefs";
import { lockReason, reconcileNow } from "../commands/deeds";
import { secondsSince, useNow } from "../live/now";
import { useLive } from "../live/store";
import { cadence } from "../model/cadence";
import type { Counters } from "../model/counters";
import { short, span } from "../model/format";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Panel, Waiting } from "../ui/Panel";
import type { Shape } from "../model/status";
import { Passes } from "./Passes";
import { Ring } from "./Ring";
import { useCounters, useSegments, useSentence } from "./derived";

/** Where the cluster stands against its manifests: the ring, one sentence, four counters, the last passes. */
export function Reconciler() {
  const mode = useMode();
  const loop = useLive((state) => state.loop);
  const plan = useLive((state) => state.plan);
  const hasSnapshot = useLive((state) => state.hasSnapshot);
  const note = loop?.lastPassAt ? (
    <>
      <span className="wide-only">{`pass ${loop.lastPassMillis < 1000 ? `${Math.round(loop.lastPassMillis)}\u2009ms` : `${(loop.lastPassMillis / 1000).toFixed(1)}\u2009s`}`}</span>
      <span className="wide-only">revision {short(plan?.revision)}</span>
    </>
  ) : null;
  return (
    <Panel title="Reconciler" hero age={{ seenAt: loop?.lastLookAt ?? null, of: "loop" }} note={note} className="reconciler">
      {hasSnapshot ? <Standing mode={mode} /> : <Waiting rows={4} for="the first snapshot" />}
    </Panel>
  );
}

function Standing({ mode }: { mode: string }) {
  const counters = useCounters();
  return (
    <div className={`standing standing-${mode}`}>
      {mode === "jarvis" ? <LiveRing counters={counters} /> : null}
      <div className="standing-words">
        <Sentence />
        <Count counters={counters} withSync={mode !== "jarvis"} />
        <Passes />
        {mode === "jarvis" ? <Legend /> : null}
      </div>
    </div>
  );
}

/** The spoken sentence; one per screen. */
export function Sentence() {
  const said = useSentence();
  return (
    <div className="say" role="status" aria-live="polite">
      <p className="say-main">
        {said.parts.map((part) => (
          <span key={part.text} className={part.name ? "gold" : undefined}>
            {part.text}
          </span>
        ))}
      </p>
      {said.more ? <p className="say-more">{said.more}</p> : null}
    </div>
  );
}

/** The usual time between two passes, from those this page has seen; null before there are three. */
function useCadence(): number | null {
  const passes = useLive((state) => state.passes);
  return useMemo(() => cadence(passes.map((pass) => Date.parse(pass.at) / 1000)), [passes]);
}

function LiveRing({ counters }: { counters: Counters }) {
  const segments = useSegments();
  const now = useNow("calm");
  const loop = useLive((state) => state.loop);
  const link = useLive((state) => state.link);
  const usual = useCadence();
  const freeze = useLive((state) => state.freeze);
  const nodes = useLive((state) => state.nodes);
  const list = useMemo(() => [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), [nodes]);
  const since = loop?.lastPassAt ? secondsSince(loop.lastPassAt, now) : 0;
  const left = usual === null ? 0 : usual - since;
  const isLost = link === "lost";
  const isStopped = freeze !== null && freeze.state !== "OFF";
  const seen = loop?.lastLookAt ? span(secondsSince(loop.lastLookAt, now)) : "never";
  const next = isLost ? `${seen} ago` : left >= 1 ? `next pass ${span(left)}` : `looked ${seen} ago`;
  const said = `${counters.inSync} of ${counters.total} in sync, ${counters.drifting} drifting, ${counters.unwell} unwell, ${counters.acting} acting, ${counters.noData} without data, ${counters.failed} failed`;
  return (
    <figure className="ring-box">
      <Ring
        segments={segments}
        nodes={list}
        inSync={counters.inSync}
        total={counters.total}
        next={next}
        elapsed={usual === null ? 0 : since / usual}
        title={said}
        state={isLost ? "lost" : isStopped ? "stopped" : "normal"}
      />
      {list.length <= 4
        ? list.map((node, index) => (
            <button key={node.name} type="button" className={`ring-name ring-name-${index}`} onClick={() => open(`node/${node.name}`)}>
              {node.name}
            </button>
          ))
        : null}
    </figure>
  );
}

/** The gravest that there is; where there is nothing, that nothing drifts. */
function trouble({ failed, drifting, unwell }: Counters): [Shape, number, string] {
  if (failed > 0) return ["crit", failed, "failed"];
  return drifting === 0 && unwell > 0 ? ["warn", unwell, "unwell"] : ["warn", drifting, "drifting"];
}

function Count({ counters, withSync }: { counters: Counters; withSync: boolean }) {
  const refused = useLive((state) => state.plan?.decisions.filter((one) => one.verdict.kind === "REFUSE").length ?? 0);
  const cells: [Shape, number, string][] = [
    trouble(counters),
    ["acting", counters.acting, "acting"],
    ["unknown", counters.noData, "no data"],
    ["refused", refused, "refused"],
  ];
  if (counters.suspended > 0) cells.push(["off", counters.suspended, "held"]);
  return (
    <ul className="counters">
      {withSync ? (
        <li>
          <span className="counter-number">
            {counters.inSync}
            <span className="dim"> /{counters.total}</span>
          </span>
          <span className="counter-word">in sync</span>
        </li>
      ) : null}
      {cells.map(([shape, count, word]) => (
        <li key={word}>
          <span className="counter-number">
            <Glyph shape={shape} />
            {count}
          </span>
          <span className="counter-word">{word}</span>
        </li>
      ))}
    </ul>
  );
}

function Legend() {
  useLive((state) => state.link);
  return (
    <div className="legend">
      <span className="status"><Glyph shape="ok" />resource in sync</span>
      <span className="status"><i className="key-cpu" />node CPU</span>
      <span className="status"><i className="key-ram" />node RAM</span>
      <span className="grow" />
      <Button size="small" className="wide-only" locked={lockReason()} onClick={() => void reconcileNow()}>Look now</Button>
    </div>
  );
}
