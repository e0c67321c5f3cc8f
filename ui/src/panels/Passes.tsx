import { memo } from "react";
import { useLive } from "../live/store";
import { PASS_LIMIT, type Pass } from "../live/state";
import { clock } from "../model/format";

const COLOR: { [outcome in Pass["outcome"]]: string } = {
  ok: "var(--arc)", info: "var(--info)", warn: "var(--warn)", crit: "var(--crit)",
};

/** The passes this page has seen, as bars: height is duration, colour is outcome. */
export function Passes() {
  const passes = useLive((state) => state.passes);
  const last = passes[passes.length - 1];
  const longest = Math.max(...passes.map((pass) => pass.millis), 1);
  return (
    <div className="passes">
      <span className="dim small">{passes.length < PASS_LIMIT ? "Passes seen" : `Last ${PASS_LIMIT} passes`}</span>
      <svg viewBox={`0 0 ${PASS_LIMIT * 4} 18`} preserveAspectRatio="none" role="img" aria-label={`${passes.length} passes, the last took ${last?.millis ?? 0} milliseconds`}>
        <g transform={`translate(${(PASS_LIMIT - 1 - (last?.number ?? 0)) * 4})`}>
          {passes.map((pass) => <Bar key={pass.at} pass={pass} longest={longest} />)}
        </g>
      </svg>
      <span className="mono dim">{last ? `${Math.round(last.millis)}\u2009ms` : ""}</span>
    </div>
  );
}

/** Stands where its number puts it; all of them are moved together, so that a pass costs one bar and not sixty. */
const Bar = memo(function Bar({ pass, longest }: { pass: Pass; longest: number }) {
  const height = 4 + 13 * Math.sqrt(pass.millis / longest);
  return (
    <rect x={pass.number * 4} y={18 - height} width="3" height={height} fill={COLOR[pass.outcome]}>
      <title>{`${clock(pass.at)}: ${pass.millis} ms`}</title>
    </rect>
  );
});
