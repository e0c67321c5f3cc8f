// A wall display only reads, can be stopped from, dims when nobody touches it, and wakes for an alert.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, goTo, openPage, startBrowser, startJarvis, violations } from "./support.mjs";

let jarvis;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  browser = await startBrowser();
  page = await openPage(browser, jarvis, { path: "/?kiosk=1&dim=0.05", hasTouch: true });
  await page.locator(".guest-row").first().waitFor();
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

const query = (text) => ask(page, text);

test("nothing that acts can be pressed, by hand or by key", async () => {
  assert.equal(await page.locator(".terminal, [data-composer], .mode-switch:visible").count(), 0);
  await page.locator('[data-vmid="101"]').click();
  assert.equal(await page.getByRole("button", { name: "Restart web-01" }).count(), 0);
  await goTo(page, "/?kiosk=1&open=guest/112");
  const drawer = page.locator(".modal-drawer");
  await drawer.waitFor();
  assert.equal(await drawer.getByRole("button", { name: "Start", exact: true }).count(), 0);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  await page.locator('[data-list="guests"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("s");
  await page.locator(".note", { hasText: "only reads" }).waitFor();
  await page.keyboard.press("Control+K");
  await page.keyboard.type("restart");
  assert.equal(await page.getByRole("option", { name: /Restart/ }).count(), 0);
  await page.keyboard.press("Escape");
  assert.deepEqual((await query("{ tickets { id } }")).tickets, []);
});

test("it dims when nobody touches it, and wakes by a touch that presses nothing else", async () => {
  await page.waitForFunction(() => document.documentElement.dataset.dim !== undefined, null, { timeout: 8000 });
  const place = await page.locator(".node-name").first().boundingBox();
  await page.touchscreen.tap(place.x + 20, place.y + 10);
  await page.waitForFunction(() => document.documentElement.dataset.dim === undefined);
  assert.equal(await page.locator(".modal-drawer").count(), 0, "what was under the finger was not pressed");
  await page.waitForTimeout(800);
  assert.deepEqual(await violations(page), []);
});

test("an alert wakes it", async () => {
  await page.waitForFunction(() => document.documentElement.dataset.dim !== undefined, null, { timeout: 8000 });
  const woken = page.waitForFunction(() => document.documentElement.dataset.dim === undefined, null, { timeout: 60_000, polling: 50 });
  await jarvis.cli("freeze", "--reason", "testing the wall");
  await woken;
  await page.locator(".banner", { hasText: "testing the wall" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Re-arm" }).count(), 0, "what was stopped is not released from a wall");
  await jarvis.cli("thaw");
  await page.locator(".banner").waitFor({ state: "detached" });
});

test("the kill switch is one press away, dimmed or not", async () => {
  await page.waitForFunction(() => document.documentElement.dataset.dim !== undefined, null, { timeout: 8000 });
  await page.locator(".kill").tap();
  await page.locator(".modal-card").getByRole("button", { name: /Stop Jarvis/ }).click();
  await page.locator(".banner", { hasText: "stopped" }).first().waitFor();
  assert.equal((await query("{ freeze { state } }")).freeze.state, "ON");
  assert.deepEqual(page.complaints, []);
});
