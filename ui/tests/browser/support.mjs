// A real Jarvis with its simulated cluster, and a real browser. JARVIS_BIN names the binary; JARVIS_DIST a built dashboard
// to be served instead of the one in it; JARVIS_PAGE another address of the page, such as the development server's.
import { spawn, execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { startFront } from "./front.mjs";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Absolute: some tests start it in a folder of their own.
export const BIN = resolve(process.env.JARVIS_BIN ?? "../target/debug/jarvis");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const MODES = ["jarvis", "ops", "minimal"];
export const VIEWS = [
  "/", "/nodes", "/guests", "/services", "/activity", "/plan", "/manifests", "/runbooks", "/audit", "/tasks", "/shell",
  "/chat", "/storage", "/minds", "/settings",
];

/** Starts `jarvis demo`; resolves when it has said its address and password. A last argument is options for the process. */
export async function startJarvis(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  const home = mkdtempSync(join(tmpdir(), "jarvis-ui-"));
  const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, "state") };
  const child = spawn(BIN, ["demo", "--port", "0", "--fresh", "--state", join(home, "demo"), ...args], { env, ...options });
  let said = "";
  const ready = new Promise((resolve, reject) => {
    const take = (data) => {
      said += data;
      const url = /open\s+(http:\S+)/.exec(said)?.[1];
      const password = /sign in\s+admin \/ (\S+)/.exec(said)?.[1];
      if (url && password) resolve({ url, password });
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`jarvis ended with ${code}:\n${said}`)));
  });
  const { url, password } = await ready;
  const front = process.env.JARVIS_DIST ? await startFront(url, process.env.JARVIS_DIST) : undefined;
  return {
    url: front?.url ?? url,
    password,
    pid: child.pid,
    /** Runs the command line against this Jarvis. */
    cli: (...words) => run(BIN, [...words, "--url", url], { env: { ...env, JARVIS_URL: url } }),
    async stop() {
      front?.stop();
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 8000);
      await ended;
      clearTimeout(kill);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function startBrowser() {
  const args = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info", "--js-flags=--expose-gc",
  ];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** A page that is signed in, in a mode and size. What it complains about is collected in `page.complaints`. */
export async function openPage(browser, jarvis, { mode = "jarvis", path = "/", width = 1920, height = 1080, conversation, link, before, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: "dark", ...more });
  const page = await context.newPage();
  page.complaints = [];
  page.asking = new Set();
  page.on("request", (one) => page.asking.add(one));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (one) => page.asking.delete(one));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/40[0-9]|ERR_|WebSocket/.test(text)) page.complaints.push(text);
  });
  await page.addInitScript((wished) => {
    const kept = JSON.parse(localStorage.getItem("jarvis.prefs") ?? "null");
    if (!kept) localStorage.setItem("jarvis.prefs", JSON.stringify({ mode: wished }));
  }, mode);
  if (conversation) await page.addInitScript((id) => sessionStorage.setItem("jarvis.conversation", id), conversation);
  await before?.(page);
  await page.goto((process.env.JARVIS_PAGE ?? jarvis.page ?? jarvis.url) + path);
  await signIn(page, jarvis, link);
  return page;
}

export async function signIn(page, { password }, link = "live") {
  await page.fill("#password", password);
  await page.click(".login button[type=submit]");
  await page.waitForSelector(`[data-link="${link}"]`);
}

/** Says something on the page and waits for the whole answer to it. */
export async function say(page, text) {
  const before = await page.evaluate(() => Math.max(0, ...[...document.querySelectorAll(".message[data-seq]")].map((one) => Number(one.dataset.seq))));
  const composer = page.locator("[data-composer]");
  await composer.fill(text);
  await composer.press("Enter");
  const answered = await page.waitForFunction((known) => {
    const fresh = [...document.querySelectorAll(".message[data-seq]")].filter((one) => Number(one.dataset.seq) > known);
    const asked = fresh.findIndex((one) => one.classList.contains("message-asked"));
    const answer = asked < 0 ? undefined : fresh.slice(asked + 1).find((one) => one.classList.contains("message-answered"));
    return answer && answer.dataset.state !== "COMING" ? answer.dataset.seq : false;
  }, before, { timeout: 20_000 });
  // What was asked for is reported later, in a message of its own.
  return page.locator(`.message-answered[data-seq="${await answered.jsonValue()}"]`);
}

/** Changes the page without loading it anew. */
export async function goTo(page, path) {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  // By the clock, not by frames: a page that has nothing to draw may draw none.
  await page.waitForFunction(() => !document.querySelector('.page[aria-busy="true"], .overview[aria-busy="true"], .page .skeleton'), null, { timeout: 45_000, polling: 200 }).catch(async (error) => {
    const empty = await page.evaluate(() => [...document.querySelectorAll(".page .skeleton")].map((one) => one.textContent));
    const asked = [...page.asking].map((one) => `${one.url()} ${(one.postData() ?? "").slice(0, 120)}`);
    throw new Error(`${path} is still empty: ${empty.join(", ")}; no answer yet to: ${asked.join(", ") || "nothing"}`, { cause: error });
  });
}

/** What the API says, asked by whoever is signed in on the page. */
export const ask = (page, text) =>
  page.evaluate(async (asked) => {
    const answer = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: asked }) });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(errors[0].message);
    return data;
  }, text);

export async function setMode(page, mode) {
  for (let turn = 0; turn <= 3; turn += 1) {
    const before = await page.evaluate(() => document.documentElement.dataset.mode);
    if (before === mode) return;
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("m");
    await page.waitForFunction((old) => document.documentElement.dataset.mode !== old, before);
  }
  throw new Error(`the mode did not become ${mode}`);
}

/** What axe finds against the accessibility rules, with nothing on its way in: what is half faded in has half its contrast. */
export async function violations(page) {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const options = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] };
    const { dataset } = document.documentElement;
    const motion = dataset.motion;
    dataset.motion = "off";
    const found = await globalThis.axe.run(document, options);
    dataset.motion = motion;
    // What is cut where its list scrolls is whole once it is scrolled to; axe takes what stands below for what covers it.
    const isCut = (node) => {
      const one = document.querySelector(node.target.at(-1));
      const box = one.getBoundingClientRect();
      for (let around = one.parentElement; around; around = around.parentElement) {
        const edge = around.getBoundingClientRect();
        const scrolls = /auto|scroll/.test(getComputedStyle(around).overflowY);
        if (scrolls && (box.bottom > edge.bottom || box.top < edge.top)) return true;
      }
      return false;
    };
    const whole = found.violations.map(({ id, nodes }) => ({ id, nodes: id === "target-size" ? nodes.filter((node) => !isCut(node)) : nodes }));
    return whole.filter(({ nodes }) => nodes.length > 0).map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")} ${nodes[0]?.failureSummary?.replaceAll("\n", " ").slice(0, 200)}`);
  });
}

/** A wire between page and server that can be cut: silently, as a pulled cable does. */
export async function startWire(jarvis) {
  const { hostname, port } = new URL(jarvis.url);
  const pairs = new Set();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on("data", (data) => isCut || to.write(from === near ? addressed(data) : data));
      from.on("close", () => isCut || end());
      from.on("error", () => isCut || end());
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Jarvis answers to its own address only: requests through the wire carry that one.
  function addressed(data) {
    if (!/^(GET|POST) /.test(data.subarray(0, 5).toString("latin1"))) return data;
    return Buffer.from(data.toString("latin1").replaceAll(`127.0.0.1:${server.address().port}`, `127.0.0.1:${port}`), "latin1");
  }
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      pairs.clear();
    },
    stop: () => {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      server.close();
    },
  };
}
