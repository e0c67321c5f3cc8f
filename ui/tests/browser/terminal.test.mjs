// A shell in the browser: typed into, resized, lost and found again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, openPage, startBrowser, startJarvis, startWire } from "./support.mjs";

let jarvis;
let wire;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis();
  wire = await startWire(jarvis);
  browser = await startBrowser();
  page = await openPage(browser, { ...jarvis, page: wire.url });
});
after(async () => {
  await browser?.close();
  wire?.stop();
  await jarvis?.stop();
});

const shown = () => page.locator(".xterm-rows").innerText();
const waitFor = (text) => page.waitForFunction((wanted) => document.querySelector(".xterm-rows")?.textContent?.includes(wanted), text, { timeout: 15_000 });

test("echo, top and the size of the window", async () => {
  await goTo(page, "/shell/node/atlas");
  await page.locator('[data-shell-state="open"]').waitFor({ timeout: 15_000 });
  await page.keyboard.type("echo seen-by-a-person\r");
  await waitFor("seen-by-a-person");
  const style = await page.locator(".xterm-rows").evaluate((one) => getComputedStyle(one).color);
  assert.notEqual(style, "rgb(0, 0, 0)", "the colours of the terminal are in force");
  await page.keyboard.type("top\r");
  await waitFor("PID");
  await page.keyboard.type("q");
  await page.keyboard.type("stty size\r");
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.keyboard.type("echo after-the-resize\r");
  await waitFor("after-the-resize");
});

test("the page's letters are not taken from the shell, and the kill switch is", async () => {
  await page.keyboard.type("echo gvmc?\r");
  await waitFor("gvmc?");
  assert.equal(new URL(page.url()).pathname, "/shell/node/atlas");
  await page.keyboard.press("Control+Shift+K");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
});

test("a second tab, and back to the first with its screen as it was", async () => {
  await goTo(page, "/shell/node/home");
  await page.locator('[data-shell-tab][aria-selected="true"]', { hasText: "home" }).waitFor();
  await page.locator("[data-shell-tab]", { hasText: "atlas" }).click();
  await waitFor("gvmc?");
});

test("after a lost link the same shell goes on and nothing is missing", async () => {
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("echo before-the-loss\r");
  await waitFor("before-the-loss");
  wire.mend();
  await page.locator('[data-shell-state="lost"]').waitFor({ timeout: 10_000 }).catch(() => undefined);
  await page.locator('[data-shell-state="open"]').waitFor({ timeout: 20_000 });
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("echo after-the-loss\r");
  await waitFor("after-the-loss");
  assert.match(await shown(), /before-the-loss/);
});

test("nothing broke the page's policy", () => {
  assert.deepEqual(page.complaints, []);
});
