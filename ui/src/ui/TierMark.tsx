import type { Tier } from "../api/types";
import { ofTier } from "../model/status";
import { Glyph } from "./Glyph";

/** The tier of an action: one of four drawings and its word, always printed. */
export function TierMark({ tier }: { tier: Tier }) {
  return (
    <span className="tier" data-tier={tier}>
      <Glyph shape={ofTier(tier)} />
      {tier.toLowerCase()}
    </span>
  );
}
