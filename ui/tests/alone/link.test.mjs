// The wire is cut as a pulled cable cuts it: nothing closes, nothing comes any more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startJarvis, startWire } from "../browser/support.mjs";

let jarvis;
let wire;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  wire = await startWire(jarvis);
  browser = await startBrowser();
  page = await openPage(browser, { ...jarvis, page: wire.url });
});
after(async () => {
  await browser?.close();
  wire?.stop();
  await jarvis?.stop();
});

test("a lost link is shown within five seconds, panels say that they are old, and actions are locked", async () => {
  await page.locator(".guests .guest-row").first().waitFor();
  await page.locator(".guest-row", { hasText: "dns-01" }).click();
  assert.equal(await page.getByRole("button", { name: "Restart dns-01" }).isEnabled(), true);
  wire.cut();
  const began = Date.now();
  await page.locator('[data-link="lost"]').waitFor({ timeout: 5200 });
  assert.ok(Date.now() - began <= 5200, `${Date.now() - began} ms`);
  await page.locator(".banner", { hasText: "Link lost" }).waitFor();
  await page.locator(".nodes[data-stale]").waitFor();
  assert.equal(await page.getByRole("button", { name: "Restart dns-01" }).isEnabled(), false);
  assert.match(await page.locator(".emblem").textContent(), /LAST SEEN/);
});

test("when it is back everything is fresh, once, and the page was not loaded anew", async () => {
  await page.evaluate(() => {
    globalThis.stillTheSame = true;
  });
  await jarvis.cli("chaos", "crash", "101");
  wire.mend();
  await page.getByRole("button", { name: "Retry now" }).click({ timeout: 3000 }).catch(() => undefined);
  await page.locator('[data-link="live"]').waitFor({ timeout: 40_000 });
  await page.locator(".banner", { hasText: "Link lost" }).waitFor({ state: "detached" });
  await page.locator(".feed-line", { hasText: /web-01|101/ }).first().waitFor({ timeout: 30_000 });
  const rows = await page.locator(".guest-row").evaluateAll((all) => all.map((one) => one.dataset.vmid));
  assert.equal(new Set(rows).size, rows.length, "no guest stands twice");
  const feed = await page.evaluate(() => [...document.querySelectorAll(".feed-line")].map((line) => line.textContent));
  assert.equal(new Set(feed).size, feed.length, "no record stands twice");
  assert.equal(await page.evaluate(() => globalThis.stillTheSame), true);
});
