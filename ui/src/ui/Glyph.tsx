import type { Shape } from "../model/status";

const DRAWN: { [shape in Shape]: React.ReactNode } = {
  ok: <circle cx="5" cy="5" r="4.4" fill="currentColor" />,
  acting: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1.2" />
      <path className="half" d="M5 1a4 4 0 0 1 0 8z" fill="currentColor" />
    </>
  ),
  warn: <path d="M5 .6 9.8 9.4H.2z" fill="currentColor" />,
  crit: (
    <path
      fillRule="evenodd"
      d="M5-.4 10.4 5 5 10.4-.4 5zM3.9 2.8 2.8 3.9 3.9 5 2.8 6.1 3.9 7.2 5 6.1 6.1 7.2 7.2 6.1 6.1 5 7.2 3.9 6.1 2.8 5 3.9z"
      fill="currentColor"
    />
  ),
  off: <path d="M1 1h8v8H1z" fill="none" stroke="currentColor" strokeWidth="1.3" />,
  unknown: <circle cx="5" cy="5" r="4.1" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2.1 1.57" />,
  refused: <path d="M1 1h8v8H1zM1 9 9 1" fill="none" stroke="currentColor" strokeWidth="1.3" />,
};

const SAID: { [shape in Shape]: string } = {
  ok: "well", acting: "acting", warn: "needs attention", crit: "failed", off: "off on purpose", unknown: "no data",
  refused: "refused",
};

/** The shape of a state. Shape carries the meaning, colour repeats it. Give `label` where no word stands beside it. */
export function Glyph({ shape, label }: { shape: Shape; label?: string | true }) {
  const name = label === true ? SAID[shape] : label;
  const role = name ? { role: "img", "aria-label": name } : { "aria-hidden": true };
  return (
    <svg className="glyph" data-shape={shape} viewBox="0 0 10 10" {...role}>
      {DRAWN[shape]}
    </svg>
  );
}

export function Shield() {
  return (
    <svg className="shield" viewBox="0 0 12 13" role="img" aria-label="protected">
      <title>protected</title>
      <path d="M6 .8 11 2.6v4c0 2.9-2 4.9-5 5.8-3-.9-5-2.9-5-5.8v-4z" fill="none" stroke="currentColor" strokeWidth="1.2" />
    </svg>
  );
}

/** Shape and word together. */
export function Status({ shape, word, title }: { shape: Shape; word: string; title?: string | undefined }) {
  return (
    <span className="status" title={title}>
      <Glyph shape={shape} />
      <span className={`tone-${shape} cut-text`}>{word}</span>
    </span>
  );
}
