import type { Spent } from "../api/types";
import { dollars } from "../model/speech";
import { Bar } from "./Bar";
import { Glyph } from "./Glyph";

/** From here on it is warned, in percent of the cap. */
const WARN_PERCENT = 80;

/** One span against its cap, as a line of a list of limits. */
export function SpanLine({ word, spent }: { word: string; spent: Spent }) {
  const share = spent.cap ? spent.microDollars / spent.cap : 0;
  const isNear = (spent.percent ?? share * 100) >= WARN_PERCENT;
  return (
    <li>
      <span className="cut-text">{isNear ? <Glyph shape="warn" label="near its cap" /> : null} {word}</span>
      <Bar value={share} limit={spent.cap ? WARN_PERCENT : undefined} />
      <span className="num">{dollars(spent.microDollars)}{spent.cap ? ` / ${dollars(spent.cap)}` : ", no cap"}</span>
    </li>
  );
}
