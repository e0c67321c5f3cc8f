import type { ReactNode } from "react";

/** A plain table; on a narrow screen it scrolls inside its panel. */
export function Table({ label, heads, children }: { label: string; heads: readonly string[]; children: ReactNode }) {
  return (
    <div className="table-box" role="group" aria-label={`${label}, table`} tabIndex={0}>
      <table className="table" aria-label={label}>
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
