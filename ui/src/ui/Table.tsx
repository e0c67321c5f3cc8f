import type { CSSProperties, ReactNode } from "react";

/** So many columns stand side by side on a phone, too. */
const FITS_PHONE = 3;

/**
 * A plain table. Where it is narrow each row stands as a block of its own, with the heads before the values: they come from
 * here as `--head-1` and so on, so that a row is written the same for both.
 */
export function Table({ label, heads, children }: { label: string; heads: readonly string[]; children: ReactNode }) {
  const names = Object.fromEntries(heads.map((head, at) => [`--head-${at + 1}`, JSON.stringify(head)]));
  const style: CSSProperties = names;
  return (
    <div className={`table-box ${heads.length > FITS_PHONE ? "table-stacks" : ""}`} role="group" aria-label={`${label}, table`} tabIndex={0}>
      <table className="table" aria-label={label} style={style}>
        <thead>
          <tr>
            {heads.map((head) => (head ? <th key={head} scope="col">{head}</th> : <td key="none" />))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
