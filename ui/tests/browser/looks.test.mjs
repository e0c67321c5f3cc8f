// Every page in every mode: no accessibility violation, nothing wider than the screen; with SHOTS=1 the pictures of
// docs/img are made anew.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { goTo, MODES, openPage, say, setMode, startBrowser, startJarvis, VIEWS, violations } from "./support.mjs";

const SIZES = { desktop: [1920, 1080], laptop: [1366, 768], tablet: [820, 1180], phone: [390, 844] };
const IMAGES = "../docs/img/ui";
let jarvis;
let browser;
let conversation;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  browser = await startBrowser();
  conversation = await talk();
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

/** Something said, something that waits and something remembered: pages that are empty show little. */
async function talk() {
  const page = await openPage(browser, jarvis, { path: "/chat" });
  for (const text of ["How is the cluster?", "Start win-lab", "Reboot agent1", "Why is forge slow?"]) await say(page, text);
  const id = await page.evaluate(() => sessionStorage.getItem("jarvis.conversation"));
  if (!conversation) await remember(page);
  await page.context().close();
  return id;
}

async function remember(page) {
  await goTo(page, "/minds");
  for (const text of ["The nas is for films and music.", "Backups run at night; do not restart the nas then."]) {
    await page.getByLabel("What to remember").fill(text);
    await page.getByRole("button", { name: "Remember it" }).click();
    await page.locator(".memory-line", { hasText: text }).waitFor();
  }
  await page.locator(".memory-line").first().getByRole("button", { name: "Confirm", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll(".memory-line .btn-primary").length === 1);
}

async function wide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(IMAGES, { recursive: true });
  await page.evaluate(async () => {
    document.activeElement?.blur();
    // That this machine is slow is none of the page's looks.
    for (const button of document.querySelectorAll(".note [aria-label=Dismiss]")) button.click();
    const comes = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    await Promise.race([Promise.allSettled(comes.map((one) => one.finished)), new Promise((done) => setTimeout(done, 3000))]);
  });
  await page.screenshot({ path: `${IMAGES}/${name}.jpg`, type: "jpeg", quality: 62 });
}

/** Pictures show a shell at work, and lines of some minutes. */
async function settle(page) {
  if (!process.env.SHOTS) return;
  await page.locator(".terminal .state .btn", { hasText: "atlas" }).click();
  await page.locator("[data-shell-state=open]").waitFor();
  await page.locator(".xterm-helper-textarea").focus();
  for (const command of ["uptime", "qm list", "pvecm status"]) await page.keyboard.type(`${command}\n`, { delay: 20 });
  await page.waitForFunction(() => {
    const line = document.querySelector(".node .spark-line");
    return !line?.checkVisibility() || (line.getAttribute("d") ?? "").split("L").length > 45;
  }, undefined, { timeout: 300_000, polling: 1000 });
}

for (const mode of MODES) {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    test(`${mode} on a ${size}: every page is accessible and fits`, async () => {
      // What waits on a card has expired by the time of the next mode.
      if (size === "desktop" && mode !== MODES[0]) conversation = await talk();
      const page = await openPage(browser, jarvis, { mode, width, height, conversation, hasTouch: size === "phone", isMobile: size === "phone" });
      await page.locator(".node-name, .bottom-item").first().waitFor();
      const problems = [];
      for (const path of VIEWS) {
        await goTo(page, path);
        await page.waitForTimeout(350);
        for (const found of await violations(page)) problems.push(`${path}: ${found}`);
        const over = await wide(page);
        if (over > 0) problems.push(`${path}: ${over} px wider than the screen`);
        if ((size === "desktop") !== (path === "/")) await shot(page, `${mode}-${size}-${path === "/" ? "overview" : path.slice(1)}`);
      }
      if (size === "desktop") {
        // By now the lines of the last minutes have something to show.
        await goTo(page, "/");
        await settle(page);
        await page.waitForTimeout(350);
        await shot(page, `${mode}-desktop-overview`);
      }
      assert.deepEqual(problems, []);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }
}

for (const mode of MODES) {
  test(`${mode}: cards, drawers and palette are accessible`, async () => {
    const page = await openPage(browser, jarvis, { mode });
    const problems = [];
    const look = async (what) => {
      await page.waitForTimeout(350);
      for (const found of await violations(page)) problems.push(`${what}: ${found}`);
      await shot(page, `${mode}-${what}`);
    };
    for (const open of ["guest/101", "node/atlas", "event/1", "decision/0"]) {
      await goTo(page, `/?open=${open}`);
      await page.locator(".modal-drawer").waitFor();
      await look(open.split("/")[0]);
    }
    await goTo(page, "/");
    for (const [key, what] of [["Control+K", "palette"], ["?", "keys"], ["Control+Shift+K", "kill-switch"]]) {
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press(key);
      await page.locator("dialog[open]").waitFor();
      await look(what);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
    await goTo(page, "/?open=guest/103");
    await page.locator(".modal-drawer").getByRole("button", { name: "Shut down", exact: true }).click();
    await page.locator(".modal-card").waitFor();
    await look("refused");
    assert.deepEqual(problems, []);
    await page.context().close();
  });
}

test("light Minimal is accessible", async () => {
  const page = await openPage(browser, jarvis, { mode: "minimal", colorScheme: "light", conversation });
  const problems = [];
  for (const path of VIEWS) {
    await goTo(page, path);
    await page.waitForTimeout(200);
    for (const found of await violations(page)) problems.push(`${path}: ${found}`);
  }
  assert.deepEqual(problems, []);
  await page.context().close();
});

test("a first visit that wants less motion is dressed in Minimal, and nothing moves", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  await page.goto(process.env.JARVIS_PAGE ?? jarvis.url);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mode), "minimal");
  await page.fill("#password", jarvis.password);
  await page.click("button[type=submit]");
  await page.waitForSelector('[data-link="live"]');
  for (const mode of MODES) {
    await setMode(page, mode);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0, mode);
  }
  await context.close();
});

test("the dashboard comes in once: another page or mode is there at once", async () => {
  const page = await openPage(browser, jarvis, {
    mode: "jarvis",
    before: (one) => one.addInitScript(() => {
      globalThis.cameIn = [];
      addEventListener("animationstart", ({ target }) => {
        if (target.closest(".page")) globalThis.cameIn.push(target.className);
      });
    }),
  });
  const large = () => page.evaluate(() => globalThis.cameIn.filter((name) => /page|panel/.test(name)));
  await page.locator(".guest-row").first().waitFor();
  for (const path of ["/guests", "/nodes", "/"]) await goTo(page, path);
  for (const mode of ["ops", "minimal", "jarvis"]) await setMode(page, mode);
  await page.waitForTimeout(300);
  assert.deepEqual(await large(), ["page"]);
  await page.context().close();
});

test("on a phone what is pressed is large enough for a thumb", async () => {
  const page = await openPage(browser, jarvis, { width: 390, height: 844, conversation, hasTouch: true, isMobile: true });
  const small = [];
  for (const path of ["/", "/guests", "/activity", "/chat"]) {
    await goTo(page, path);
    const found = await page.evaluate(() =>
      [...document.querySelectorAll(".btn, .bottom-item, .kill, .tab, .node-name")]
        .map((one) => ({ name: one.textContent, box: one.getBoundingClientRect() }))
        .filter(({ box }) => box.height > 0 && box.height < 43.5)
        .map(({ name, box }) => `${name} ${box.height}`),
    );
    small.push(...found);
  }
  assert.deepEqual(small, []);
  await page.context().close();
});
