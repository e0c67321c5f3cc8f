// Records as files.

export interface Exported {
  seq: number;
  at: string;
  name: string;
  severity: string;
  title: string;
  detail?: string | null | undefined;
  resource?: string | null | undefined;
  hash: string;
  data: unknown;
}

export function toLines(rows: readonly Exported[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const COLUMNS = ["seq", "at", "name", "severity", "title", "detail", "resource", "hash"] as const;

export function toCsv(rows: readonly Exported[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

/** Quoted where needed; what a spreadsheet would take for a formula is made text. */
function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
