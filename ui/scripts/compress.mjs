// Puts a .br and a .gz beside each text file of the build, so that the server sends them as they are.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const SMALLEST = 1000;
for (const name of readdirSync("dist", { recursive: true })) {
  if (!/\.(js|css|html|svg)$/.test(name)) continue;
  const text = readFileSync(join("dist", name));
  if (text.length < SMALLEST) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  writeFileSync(join("dist", `${name}.br`), brotliCompressSync(text, { params }));
  writeFileSync(join("dist", `${name}.gz`), gzipSync(text, { level: 9 }));
}
