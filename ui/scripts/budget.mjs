// What a first visit loads must stay small: what the page's HTML asks for, and then the page behind the sign-in, both
// gzip-compressed.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = { "first script": 100, "scripts up to the overview": 180, "first style": 20, "fonts of a first visit": 50, "largest later script": 140 };
const html = readFileSync("dist/index.html", "utf8");
const size = (name) => gzipSync(readFileSync(`dist/assets/${name}`), { level: 9 }).length / 1000;
const asked = [...html.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map((match) => match[1]);
const sum = (names) => names.reduce((total, name) => total + size(name), 0);
const all = readdirSync("dist/assets");
const fonts = all.filter((name) => /^(oxanium|saira)-latin-wght.*woff2$/.test(name));
const scripts = asked.filter((name) => name.endsWith(".js"));
/** A script and what it imports before it can run. */
const withImports = (name, known = new Set()) => {
  if (known.has(name)) return known;
  known.add(name);
  for (const [, other] of readFileSync(`dist/assets/${name}`, "utf8").matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) withImports(other, known);
  return known;
};
const shell = all.filter((name) => /^Shell-.*\.js$/.test(name));
if (shell.length !== 1) throw new Error(`the page behind the sign-in is one script, not ${shell.length}`);
const later = all.filter((name) => name.endsWith(".js") && !asked.includes(name));
const found = {
  "first script": sum(scripts),
  "scripts up to the overview": sum([...scripts.reduce((known, name) => withImports(name, known), withImports(shell[0]))]),
  "first style": sum(asked.filter((name) => name.endsWith(".css"))),
  "fonts of a first visit": sum(fonts),
  "largest later script": Math.max(...later.map(size)),
};
let isOver = false;
for (const [what, limit] of Object.entries(BUDGET)) {
  const is = found[what];
  console.log(`${what}: ${is.toFixed(1)} kB of ${limit}`);
  isOver ||= is > limit;
}
if (isOver) {
  console.error("Over the budget: load it later, or do without it.");
  process.exit(1);
}
