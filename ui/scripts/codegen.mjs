// Types the documents in src/**/*.graphql from ../api/schema.graphql. With --check it only says whether that is done.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

const FILE = "src/api/generated/graphql.ts";
const before = readOrEmpty();
execFileSync("npx", ["graphql-codegen", "--config", "codegen.ts", "--silent"], { stdio: "inherit" });
// The documents are imported one by one; the lookup table by text would put each of them into the page twice.
for (const extra of ["gql.ts", "index.ts"]) rmSync(`src/api/generated/${extra}`, { force: true });
if (process.argv.includes("--check") && readOrEmpty() !== before) {
  console.error(`${FILE} was not current: run npm run codegen and commit it.`);
  process.exit(1);
}

function readOrEmpty() {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return "";
  }
}
