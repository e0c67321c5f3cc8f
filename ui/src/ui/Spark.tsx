import { type CSSProperties, useEffect, useId, useRef } from "react";
import { onSamples, ringOf, watch } from "../live/rings";

interface Props {
  ring: string;
  /** In pixels; as wide as the place it stands in when left out. */
  width?: number;
  height: number;
  points?: number;
}

/** It reaches at least so high; above it what is highest in sight, with some room. */
const LEAST = 0.3;

/** A line over the last samples. It holds the page's own samples and draws none it lacks. */
export function Spark({ ring, ...size }: Props) {
  return <Sparks rings={[ring]} row={size.height} {...size} />;
}

interface Many extends Omit<Props, "ring"> {
  /** From the top; null where a row has no line. */
  rings: readonly (string | null)[];
  /** Height of a row, in whose middle its line stands. */
  row: number;
  className?: string;
  style?: CSSProperties;
}

/**
 * The lines of many rows in one drawing: a path of all lines, one of what is below them, one of their ends. The paths are written
 * past React. Nor is there a canvas for each line: a browser keeps a layer for each, and goes over all layers with each frame.
 */
export function Sparks({ rings, row, width, height, points = 60, className = "", style }: Many) {
  const wash = useId();
  const paths = useRef<SVGGElement>(null);
  const key = rings.join();
  useEffect(() => {
    const shown = key.split(",");
    // Other rows drew these paths before: what is there is not known.
    let drawn: string | undefined;
    const draw = () => {
      if (!paths.current || document.hidden) return;
      const pieces = shown.map((ring, at) => (ring ? pieceOf(ringOf(ring).latest(points), points, height, at * row + (row - height) / 2) : NOTHING));
      const [line, below, end] = ([0, 1, 2] as const).map((part) => pieces.map((piece) => piece[part]).join(""));
      if (line === drawn) return;
      drawn = line;
      [below, line, end].forEach((path, at) => paths.current?.children[at]?.setAttribute("d", path ?? ""));
    };
    draw();
    document.addEventListener("visibilitychange", draw);
    const ends = [onSamples(draw), ...shown.filter(Boolean).map(watch)];
    return () => {
      for (const end of ends) end();
      document.removeEventListener("visibilitychange", draw);
    };
  }, [key, row, height, points]);
  const whole = rings.length * row;
  return (
    <svg className={`spark ${className}`} style={style} viewBox={`0 0 ${points - 1} ${whole}`} preserveAspectRatio="none" width={width ?? "100%"} height={whole} aria-hidden="true">
      <linearGradient id={wash} gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2={row} spreadMethod="repeat">
        <stop offset="0" stopColor="currentColor" stopOpacity="0.33" />
        <stop offset="1" stopColor="currentColor" stopOpacity="0" />
      </linearGradient>
      <g ref={paths}>
        <path className="spark-below" fill={`url(#${wash})`} />
        <path className="spark-line" />
        <path className="spark-end" />
      </g>
    </svg>
  );
}

/** A line, what is below it, and its end. */
type Piece = readonly [string, string, string];

const NOTHING: Piece = ["", "", ""];

/** One step to the right for each sample, the newest at the right edge. */
function pieceOf(values: readonly number[], points: number, height: number, top: number): Piece {
  if (values.length < 2) return NOTHING;
  const most = Math.max(LEAST, Math.max(...values) * 1.2);
  const from = points - values.length;
  const at = values.map((value, step) => `${from + step} ${(top + height - 2 - Math.min(value / most, 1) * (height - 5)).toFixed(1)}`);
  const line = `M${at.join("L")}`;
  // A line of no length with round ends is a dot, however wide the drawing is stretched.
  return [line, `${line}V${top + height}H${from}Z`, `M${at[at.length - 1]}h0`];
}
