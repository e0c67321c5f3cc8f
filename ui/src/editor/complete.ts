// Completion of field names and words from the JSON Schemas that the server makes of its own types.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

export interface Schema {
  $ref?: string;
  $defs?: { [name: string]: Schema };
  properties?: { [name: string]: Schema };
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  type?: string | string[];
}

/** By `kind:` as it is written. */
export type Schemas = ReadonlyMap<string, Schema>;

export function completions(context: CompletionContext, schemas: Schemas): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const value = /^(\s*(?:- )?)([\w.-]+):\s+(\S*)$/.exec(before);
  const word = value ? (value[3] ?? "") : (/[\w.-]*$/.exec(before)?.[0] ?? "");
  if (!context.explicit && word === "") return null;
  const lines = documentAround(context.state.doc.toString(), context.pos);
  if (value && value[2] === "kind" && (value[1] ?? "") === "") return offered(context.pos - word.length, [...schemas.keys()].map((label) => ({ label })));
  const schema = schemas.get(kindIn(lines.all) ?? "");
  if (!schema) return null;
  const path = pathTo(lines.before, before.length - before.trimStart().length);
  const at = path.reduce<Schema | undefined>((one, name) => one && step(one, name, schema), schema);
  if (!at) return null;
  if (value) {
    const field = step(at, value[2] ?? "", schema);
    return field ? offered(context.pos - word.length, words(field, schema)) : null;
  }
  return offered(context.pos - word.length, fields(at, schema));
}

function offered(from: number, options: Completion[]): CompletionResult | null {
  return options.length > 0 ? { from, options, validFor: /^[\w.-]*$/ } : null;
}

/** The lines of the document between `---` marks around a place. */
function documentAround(text: string, pos: number): { all: string[]; before: string[] } {
  const head = text.slice(0, pos).split("\n");
  const start = head.lastIndexOf("---") + 1;
  const tail = text.slice(pos).split("\n");
  const end = tail.indexOf("---");
  const before = head.slice(start, -1);
  return { before, all: [...head.slice(start), ...(end < 0 ? tail : tail.slice(0, end))] };
}

function kindIn(lines: readonly string[]): string | undefined {
  return lines.map((line) => /^kind:\s*(\w+)/.exec(line)?.[1]).find((kind) => kind !== undefined);
}

/** The keys above a line, outermost first, by how far they are indented. */
export function pathTo(before: readonly string[], indent: number): string[] {
  const path: string[] = [];
  let limit = indent;
  for (const line of [...before].reverse()) {
    const found = /^(\s*(?:- )*)([\w.-]+):/.exec(line);
    const column = found?.[1]?.length ?? 0;
    if (!found || column >= limit) continue;
    limit = column;
    path.unshift(found[2] ?? "");
  }
  return path;
}

/** A schema with its references and choices followed. */
function branches(schema: Schema, root: Schema, depth = 0): Schema[] {
  if (depth > 6) return [];
  const name = schema.$ref?.replace("#/$defs/", "");
  const target = name ? root.$defs?.[name] : undefined;
  const parts = [...(target ? [target] : []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...parts.flatMap((part) => branches(part, root, depth + 1))];
}

function step(schema: Schema, name: string, root: Schema): Schema | undefined {
  for (const branch of branches(schema, root)) {
    const found = branch.properties?.[name];
    if (found) return found;
    const items = branch.items ? step(branch.items, name, root) : undefined;
    if (items) return items;
  }
  return undefined;
}

function fields(schema: Schema, root: Schema): Completion[] {
  const found = new Map<string, Completion>();
  for (const branch of branches(schema, root)) {
    for (const [label, field] of Object.entries({ ...branch.properties, ...branch.items?.properties })) {
      const info = branches(field, root).find((one) => one.description)?.description;
      found.set(label, { label, apply: `${label}: `, type: "property", ...(info ? { info } : {}) });
    }
  }
  return [...found.values()];
}

function words(schema: Schema, root: Schema): Completion[] {
  const found = new Map<string, Completion>();
  for (const branch of branches(schema, root)) {
    const values = [...(branch.enum ?? []), ...(branch.const === undefined ? [] : [branch.const]), ...(branch.type === "boolean" ? [true, false] : [])];
    for (const value of values) found.set(String(value), { label: String(value), type: "enum", ...(branch.description ? { info: branch.description } : {}) });
  }
  return [...found.values()];
}
