// What the dashboard takes and how quickly it answers, measured in a real browser: `npm run figures`, or a part of it with
// `npm run figures -- small large idle day`. See docs/BENCHMARKS.md.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { setPriority } from "node:os";
import { goTo, MODES, openPage, setMode, startBrowser, startJarvis } from "./browser/support.mjs";
import { tasksOf } from "./browser/tasks.mjs";

/** The simulated cluster lives at most sixty times faster: a day takes 24 minutes. */
const FASTER = 60;
const DAY_MINUTES = Number(process.env.DAY_MINUTES ?? (24 * 60) / FASTER);
const IDLE_SECONDS = Number(process.env.IDLE_SECONDS ?? 60);
const SLOWER = 4;
/** So long takes it to read who ten thousand guests are; it happens once, and works both cores meanwhile. */
const SETTLE_MINUTES = Number(process.env.SETTLE_MINUTES ?? 8);
/** A higher screen has more rows, and more lines beside them. */
const HEIGHT = Number(process.env.HEIGHT ?? 1080);
const wished = process.argv.slice(2);
const parts = { small, large, idle, day };
const browser = await startBrowser();

function say(what, ...figures) {
  console.log(`${what.padEnd(72)} ${figures.join("  ")}`);
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

async function withJarvis(args, use) {
  const jarvis = await startJarvis(...args);
  // What has a session of its own does not hear the terminal.
  const interrupted = () => {
    process.kill(jarvis.pid);
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    await use(jarvis);
  } finally {
    process.off("SIGINT", interrupted);
    await jarvis.stop();
  }
}

/** Tasks while everything is live, on a machine that is slowed down. */
async function small() {
  await withJarvis(["--nodes", "4", "--guests", "40"], async (jarvis) => {
    for (const mode of MODES) {
      const page = await openPage(browser, jarvis, { mode });
      await page.locator(".guest-row").first().waitFor();
      await page.waitForTimeout(4000);
      await slowed(page, SLOWER);
      const tasks = await tasksOf(browser, page, 30);
      say(`${mode}: 4 nodes, 40 guests, ${SLOWER} times slower: longest tasks of 30 s`, ...tasks.slice(0, 3).map(ms));
      await page.context().close();
    }
  });
}

/** Ten thousand guests: scrolling, filter, order and every kind of press, while all of them change. */
async function large() {
  await withJarvis(["--nodes", "32", "--guests", process.env.GUESTS ?? "10000", { detached: true }], async (jarvis) => {
    giveWay(jarvis.pid);
    const began = Date.now();
    // A program built for development takes a minute to write down ten thousand guests.
    const page = await openPage(browser, jarvis, { mode: "jarvis", height: HEIGHT, before: (one) => one.setDefaultTimeout(120_000) });
    await widen(page);
    await page.locator(".guest-row").first().waitFor();
    say("10,000 guests: from opening the page to the first row, signing in included", `${((Date.now() - began) / 1000).toFixed(1)} s`);
    await page.waitForTimeout(SETTLE_MINUTES * 60_000 + 8000);
    const count = await page.evaluate(() => {
      const lines = [...document.querySelectorAll(".spark-line")].filter((one) => one.getBoundingClientRect().height > 0);
      return [document.querySelectorAll("*").length, lines.flatMap((one) => one.getAttribute("d")?.match(/M/g) ?? []).length];
    });
    say("elements on the overview, lines drawn", ...count);
    const rest = await tasksOf(browser, page, 20);
    say("overview at rest: longest tasks of 20 s", ...rest.slice(0, 3).map(ms));
    await watchPresses(page);
    for (const rate of [1, SLOWER]) {
      await slowed(page, rate);
      await pressAll(page);
      say(`presses and keys, ${rate === 1 ? "not slowed" : `${rate} times slower`}: p50, p98, longest, count`, ...(await presses(page)));
    }
    await slowed(page, 1);
    await goTo(page, "/guests");
    await scroll(page);
    await answers(page);
    if (page.complaints.length > 0) console.log(page.complaints);
    await page.context().close();
  });
}

/**
 * The cluster and its program have machines of their own in life. Here they take what the browser leaves: in the kernel's groups
 * of processes, which are by session, and thread by thread.
 */
function giveWay(pid) {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), 19);
    writeFileSync(`/proc/${pid}/autogroup`, "19");
  } catch (error) {
    say("the program does not give way to the browser here", error.message);
  }
}

const slowed = async (page, rate) => (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });

/** The whole page is inside of its window: a change below its edge is not shown, and its frame counts as late as the next that is. */
async function widen(page) {
  const cdp = await page.context().newCDPSession(page);
  const { windowId } = await cdp.send("Browser.getWindowForTarget");
  await cdp.send("Browser.setWindowBounds", { windowId, bounds: { width: 1960, height: HEIGHT + 220 } });
}

async function watchPresses(page) {
  await page.evaluate(() => {
    globalThis.presses = new Map();
    new PerformanceObserver((list) => {
      for (const { interactionId, duration, name, startTime, processingStart, processingEnd } of list.getEntries()) {
        if (!interactionId) continue;
        const known = globalThis.presses.get(interactionId);
        const what = globalThis.doing.findLast((one) => one.at <= startTime + 1)?.what;
        if (!known || known.duration < duration) globalThis.presses.set(interactionId, { duration, name, what, wait: processingStart - startTime, work: processingEnd - processingStart });
      }
    }).observe({ type: "event", durationThreshold: 16 });
    globalThis.pressed = 0;
    globalThis.doing = [];
    for (const kind of ["keydown", "pointerdown"]) {
      addEventListener(kind, (event) => {
        globalThis.pressed += 1;
        globalThis.doing.push({ at: event.timeStamp, what: event.key ?? "press" });
      }, { capture: true });
    }
  });
}

/** The time from a press to the frame that shows it, of all since the last call; presses quicker than 16 ms are not reported one by one. */
async function presses(page) {
  const { slow, count } = await page.evaluate(() => {
    const seen = { slow: [...globalThis.presses.values()], count: globalThis.pressed };
    globalThis.presses.clear();
    globalThis.pressed = 0;
    return seen;
  });
  const all = [...Array(Math.max(0, count - slow.length)).fill(8), ...slow.map((one) => one.duration)].sort((a, b) => a - b);
  if (process.env.VERBOSE) console.log(slow.sort((a, b) => b.duration - a.duration).slice(0, 12));
  return [ms(at(all, 0.5)), ms(at(all, 0.98)), ms(all.at(-1)), all.length];
}

async function pressAll(page) {
  const type = (text) => page.keyboard.type(text, { delay: 90 });
  for (let turn = 0; turn < 2; turn += 1) {
    await page.locator('[data-list="guests"]').focus();
    for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowDown", { delay: 40 });
    await page.keyboard.press("Enter");
    await page.locator(".modal-drawer").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".guest-row").nth(6).click();
    await page.keyboard.press("Control+k");
    await type("restart guest 12");
    await page.keyboard.press("Escape");
    for (const mode of MODES) await setMode(page, mode);
    await page.locator(".node-name").first().click();
    await page.locator(".modal-drawer").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("v");
    await page.locator("[data-filter]").click();
    await type("node:node03 is:ct");
    for (let step = 0; step < 17; step += 1) await page.keyboard.press("Backspace", { delay: 60 });
    for (const order of ["cpu", "name", "problems"]) await page.getByLabel("Sort guests").selectOption(order);
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await setMode(page, "jarvis");
  }
}

/** Frames and tasks while the wheel turns for ten seconds. */
async function scroll(page) {
  await page.locator(".guest-row").first().waitFor();
  await page.locator(".guest-rows").hover();
  await page.evaluate(() => {
    globalThis.frames = [];
    let last = performance.now();
    const next = (now) => {
      globalThis.frames.push(now - last);
      last = now;
      globalThis.framing = requestAnimationFrame(next);
    };
    globalThis.framing = requestAnimationFrame(next);
  });
  let isOn = true;
  const turning = (async () => {
    while (isOn) {
      await page.mouse.wheel(0, 240);
      await page.waitForTimeout(16);
    }
  })();
  const tasks = await tasksOf(browser, page, 10);
  isOn = false;
  await turning;
  const frames = (await page.evaluate(() => (cancelAnimationFrame(globalThis.framing), globalThis.frames))).slice(2).sort((a, b) => a - b);
  say("guests, scrolled by the wheel for 10 s: frames p50, p95, longest", ms(at(frames, 0.5)), ms(at(frames, 0.95)), ms(frames.at(-1)));
  say("the same: longest tasks; rows in the page", ms(tasks[0]), ms(tasks[1]), await page.locator(".guest-row").count());
}

/** From a change of filter or order to the frame with another list, twenty times each. */
async function answers(page) {
  const measure = async (label, css, values) => {
    const times = [];
    for (let turn = 0; turn < 20; turn += 1) {
      times.push(await page.evaluate(changed, { css, value: values[turn % values.length] }));
      await page.waitForTimeout(250);
    }
    times.sort((a, b) => a - b);
    say(label, ms(at(times, 0.5)), ms(times.at(-1)));
  };
  await measure("filter: p50, longest of 20", "[data-filter]", ["node:node03 is:ct", "", "node:node05 is:ct", "node:node1"]);
  await measure("order: p50, longest of 20", '[aria-label="Sort guests"]', ["cpu", "name", "memory", "uptime"]);
}

/** Runs in the page. Resolves when the list has followed and was drawn. */
function changed({ css, value }) {
  const field = document.querySelector(css);
  const shown = () => [...document.querySelectorAll(".guest-row")].slice(0, 12).map((one) => one.dataset.vmid).join();
  const before = shown();
  const began = performance.now();
  return new Promise((resolve) => {
    new MutationObserver((_, watch) => {
      if (shown() === before) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    }).observe(document.querySelector(".guest-rows"), { childList: true, subtree: true, attributes: true });
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
    field.dispatchEvent(new Event(field.matches("select") ? "change" : "input", { bubbles: true }));
  });
}

/** Seconds of processor time that a process and all below it have used. */
function processorSeconds(root) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/stat`, "latin1");
      const rest = line.slice(line.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(pid), parent: Number(rest[1]), ticks: Number(rest[11]) + Number(rest[12]) }];
    } catch {
      return [];
    }
  });
  const below = new Set([root]);
  for (let isMore = true; isMore; ) {
    const found = all.filter((one) => below.has(one.parent) && !below.has(one.pid));
    for (const { pid } of found) below.add(pid);
    isMore = found.length > 0;
  }
  const ticks = all.filter((one) => below.has(one.pid)).reduce((sum, one) => sum + one.ticks, 0);
  return ticks / Number(execFileSync("getconf", ["CLK_TCK"]));
}

/** The whole browser with nothing happening but the cluster's usual figures, drawn without a graphics card. */
async function idle() {
  await withJarvis([], async (jarvis) => {
    for (const mode of MODES) {
      const own = await startBrowser();
      const page = await openPage(own, jarvis, { mode });
      await page.locator(".guest-row, .node-name").first().waitFor();
      await page.waitForTimeout(8000);
      const root = await pidOf(own);
      const before = processorSeconds(root);
      await page.waitForTimeout(IDLE_SECONDS * 1000);
      const share = (processorSeconds(root) - before) / IDLE_SECONDS;
      say(`${mode}: the browser's share of one core over ${IDLE_SECONDS} s at rest, 1920 by 1080`, `${(share * 100).toFixed(1)} %`);
      await own.close();
    }
  });
}

async function pidOf(own) {
  const cdp = await own.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  return processInfo.find((one) => one.type === "browser").id;
}

/** What a day of updates leaves in memory. The socket is not looked into: what a test keeps of it would be counted. */
async function day() {
  await withJarvis(["--nodes", "4", "--guests", "40", "--time-factor", String(FASTER)], async (jarvis) => {
    const page = await openPage(browser, jarvis);
    await page.locator(".guest-row").first().waitFor();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const look = async () => {
      for (let turn = 0; turn < 3; turn += 1) await page.evaluate(() => globalThis.gc?.());
      const { metrics } = await cdp.send("Performance.getMetrics");
      const of = (name) => metrics.find((one) => one.name === name)?.value ?? 0;
      return { mb: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes"), listeners: of("JSEventListeners") };
    };
    await page.waitForTimeout(10_000);
    const seen = [await look()];
    for (let passed = 0; passed < 24; passed += 1) {
      await page.waitForTimeout((DAY_MINUTES * 60_000) / 24);
      seen.push(await look());
    }
    const [first, last] = [seen[0], seen.at(-1)];
    const hours = ((DAY_MINUTES * FASTER) / 60).toFixed(1);
    say(`${hours} hours of updates in ${DAY_MINUTES} min: heap at begin, at end, most`, ...[first, last].map((one) => `${one.mb.toFixed(1)} MB`), `${Math.max(...seen.map((one) => one.mb)).toFixed(1)} MB`);
    say("the same: nodes of the page, listeners", `${first.nodes} -> ${last.nodes}`, `${first.listeners} -> ${last.listeners}`);
    if (page.complaints.length > 0) console.log(page.complaints);
    await page.context().close();
  });
}

try {
  for (const [name, part] of Object.entries(parts)) if (wished.length === 0 || wished.includes(name)) await part();
} finally {
  await browser.close();
}
