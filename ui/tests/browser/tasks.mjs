import assert from "node:assert/strict";

/** How many frames the page gives out in so many seconds. */
export async function framesOf(browser, page, seconds) {
  await browser.startTracing(page, { categories: ["cc"] });
  await page.waitForTimeout(seconds * 1000);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  return traceEvents.filter((one) => one.ph === "X" && one.name === "ProxyMain::BeginMainFrame").length;
}

/**
 * Processor time of the page's main thread by task, in milliseconds, longest first: what other programs do in the meantime
 * is not in it, nor is a whole collection of garbage, which the browser does when it likes.
 */
export async function tasksOf(browser, page, seconds) {
  await browser.startTracing(page, { categories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"] });
  await page.waitForTimeout(seconds * 1000);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const main = new Set(traceEvents.filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain").map((one) => `${one.pid} ${one.tid}`));
  const whole = traceEvents.filter((one) => one.ph === "X" && main.has(`${one.pid} ${one.tid}`));
  const counted = whole.filter((one) => one.name.endsWith("RunTask"));
  assert.ok(counted.length > 20, "tasks were traced");
  const collected = whole.filter((one) => one.name === "MajorGC");
  const without = (task) => collected.filter((one) => one.ts >= task.ts && one.ts < task.ts + task.dur).reduce((sum, one) => sum + (one.tdur ?? 0), 0);
  return counted.map((one) => ((one.tdur ?? 0) - without(one)) / 1000).sort((x, y) => y - x);
}
