// Plain data as YAML, for reading. The server's own files are shown as they are; this is for specs that come as JSON.

const PLAIN = /^[A-Za-z_][\w./ -]*$/;
const WORDS = new Set(["true", "false", "null", "yes", "no", "on", "off", "~"]);

export function yamlOf(value: unknown, depth = 0): string {
  const pad = "  ".repeat(depth);
  if (Array.isArray(value)) return value.map((item) => `${pad}- ${inItem(item, depth)}`).join("\n");
  if (isObject(value)) {
    return Object.entries(value).map(([key, item]) => `${pad}${key}:${afterKey(item, depth)}`).join("\n");
  }
  return pad + scalar(value);
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);
}

function afterKey(value: unknown, depth: number): string {
  if (isEmpty(value)) return Array.isArray(value) ? " []" : " {}";
  return Array.isArray(value) || isObject(value) ? `\n${yamlOf(value, depth + 1)}` : ` ${scalar(value)}`;
}

function inItem(value: unknown, depth: number): string {
  if (isEmpty(value) || !(Array.isArray(value) || isObject(value))) return isEmpty(value) ? afterKey(value, depth).trim() : scalar(value);
  return yamlOf(value, depth + 1).trimStart();
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return String(value);
  return PLAIN.test(value) && !WORDS.has(value.toLowerCase()) && value === value.trim() ? value : JSON.stringify(value);
}
