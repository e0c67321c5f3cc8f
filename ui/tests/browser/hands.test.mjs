// What a hand does without looking twice: it must not act by accident, and find where things are. The cluster's clock runs as
// usual, so that what the server holds is held as long as for a person.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, goTo, openPage, setMode, startBrowser, startJarvis } from "./support.mjs";

let jarvis;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis();
  browser = await startBrowser();
  page = await openPage(browser, jarvis);
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

const query = (text) => ask(page, text);
const tickets = async () => (await query("{ tickets { state action { name vmid } } }")).tickets;
const drawer = () => page.locator(".modal-drawer");
const note = (text) => page.locator(".note", { hasText: text });

async function away() {
  await page.keyboard.press("Escape");
  await drawer().waitFor({ state: "detached" });
}

test("a name in the palette and Enter shows, it does not act; with the verb it acts", async () => {
  await page.keyboard.press("Control+K");
  await page.keyboard.type("git");
  await page.locator('[role="option"][aria-selected="true"]', { hasText: "details" }).waitFor();
  await page.keyboard.press("Enter");
  await drawer().getByRole("heading", { name: /git/ }).waitFor();
  assert.deepEqual(await tickets(), []);
  await away();
  for (const [typed, found] of [["thaw", null], ["tokens", "Settings"], ["quorum", "Services"], ["kill", "Freeze: pull the kill switch"], ["restart git", /^Restart .*git/]]) {
    await page.keyboard.press("Control+K");
    await page.keyboard.type(typed);
    const chosen = page.locator('[role="option"][aria-selected="true"]');
    await chosen.filter({ hasText: found ?? "Ask Jarvis: “thaw”" }).waitFor();
    if (found === null) assert.equal(await page.getByRole("option", { name: /^Re-arm/ }).count(), 0, "nothing is frozen");
    await page.keyboard.press("Escape");
  }
});

test("who types and presses Enter before the list follows gets what was typed", async () => {
  for (const name of ["git", "media"]) {
    await page.keyboard.press("Control+K");
    await page.getByRole("option").first().waitFor();
    await page.getByRole("combobox", { name: "Command" }).evaluate(async (field, typed) => {
      field.focus();
      document.execCommand("insertText", false, typed);
      await Promise.resolve();
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    }, name);
    await drawer().getByRole("heading", { name: new RegExp(name) }).waitFor();
    await away();
  }
});

test("an accepted request can be recalled from its note as long as the server holds it, and no longer", async () => {
  await goTo(page, "/guests");
  await page.locator('[data-vmid="107"]').click();
  await page.getByRole("button", { name: /^Restart / }).and(page.locator('[data-vmid="107"] *')).click();
  const taken = note("accepted");
  await taken.getByRole("button", { name: /^Recall 0:0\d$/ }).click();
  await note("Recalled").waitFor();
  assert.deepEqual((await tickets()).map(({ state }) => state), ["RECALLED"]);
  await goTo(page, "/activity");
  await page.locator(".feed-line", { hasText: /Taken back: reboot guest 107/ }).waitFor();
  await goTo(page, "/guests");
  await page.locator('[data-vmid="107"]').click();
  await page.getByRole("button", { name: /^Restart / }).and(page.locator('[data-vmid="107"] *')).click();
  await taken.getByRole("button", { name: /^Recall/ }).waitFor();
  await taken.getByRole("button", { name: /^Recall/ }).waitFor({ state: "detached", timeout: 6000 });
});

test("while the pointer is on the list no other row comes under it", async () => {
  await goTo(page, "/guests");
  await page.mouse.move(5, 5);
  await page.waitForTimeout(3500);
  const order = () => page.locator(".guest-row[data-vmid]").evaluateAll((rows) => rows.map((one) => Number(one.dataset.vmid)));
  const before = await order();
  await page.locator(`[data-vmid="${before[3]}"]`).hover();
  await jarvis.cli("chaos", "crash", "101");
  await page.locator('[data-vmid="101"]', { hasText: /stopped|restarting|starting|settling/ }).waitFor({ timeout: 30_000 });
  assert.deepEqual(await order(), before, "held");
  await page.mouse.move(5, 5);
  await page.waitForFunction((old) => JSON.stringify([...document.querySelectorAll(".guest-row[data-vmid]")].map((one) => Number(one.dataset.vmid))) !== old, JSON.stringify(before), { timeout: 10_000 });
  await page.locator('[data-vmid="101"]', { hasText: "running" }).waitFor({ timeout: 60_000 });
});

test("keys of the list work on its page without a click", async () => {
  await goTo(page, "/");
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("g");
  await page.keyboard.press("v");
  await page.locator(".guests-full .guest-row").first().waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const chosen = Number(await page.locator(".guest-row[data-selected]").getAttribute("data-vmid"));
  assert.equal(await page.locator(".guest-row").nth(1).getAttribute("data-vmid"), String(chosen));
  await page.keyboard.press("Enter");
  await drawer().getByRole("heading", { name: new RegExp(`/${chosen} `) }).waitFor();
  await page.keyboard.press("Escape");
  await drawer().waitFor({ state: "detached" });
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("k");
  await page.waitForFunction((old) => document.querySelector(".guest-row[data-selected]")?.dataset.vmid !== old, String(chosen));
});

test("who types on right after a key that leads elsewhere is heard there", async () => {
  const freely = async (path, keys) => {
    await goTo(page, path);
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.type(keys);
  };
  const mode = await page.evaluate(() => document.documentElement.dataset.mode);
  await freely("/plan", "/mem");
  assert.equal(await page.locator("[data-filter]").inputValue(), "mem");
  await page.locator("[data-filter]").fill("");
  await freely("/audit", "cmust");
  assert.equal(await page.locator("[data-composer]").inputValue(), "must");
  await page.locator("[data-composer]").fill("");
  await freely("/plan", "goj");
  await page.locator(".overview .guest-row[data-selected]").waitFor();
  await freely("/", "gvj");
  await page.locator(".guests-full .guest-row[data-selected]").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mode), mode, "no letter was taken for a command");
});

test("who leaves a page that is still on its way arrives all the same", async () => {
  const stands = () => page.evaluate(() => document.querySelector('[aria-busy="true"]') === null && document.querySelector(".guests-full") !== null);
  for (const millis of [0, 4, 8, 12, 16, 20, 30, 40, 60]) {
    await goTo(page, "/plan");
    await page.evaluate(async (pause) => {
      for (const to of ["/", "/guests"]) {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }, millis);
    await page.waitForTimeout(400);
    assert.ok(await stands(), `left after ${millis} ms`);
  }
});

test("the overview is drawn column by column, so that no key waits for all of it", async () => {
  await goTo(page, "/plan");
  const seen = await page.evaluate(async () => {
    const counts = [];
    const look = () => counts.push([...document.querySelectorAll(".overview .column")].filter((one) => one.childElementCount > 0).length);
    const watch = new MutationObserver(look);
    watch.observe(document.getElementById("main"), { childList: true, subtree: true });
    history.pushState(null, "", "/");
    dispatchEvent(new PopStateEvent("popstate"));
    while (counts.at(-1) !== 3) await new Promise((resolve) => setTimeout(resolve, 20));
    watch.disconnect();
    return [...new Set(counts.filter(Boolean))];
  });
  assert.deepEqual(seen, [1, 2, 3]);
});

for (const [browsers, before] of [["with a word for Back", undefined], ["without", (one) => one.addInitScript(() => delete globalThis.CloseWatcher)]]) {
  test(`a dialog keeps the keys until Escape, which closes the topmost, in browsers ${browsers}`, async () => {
    const own = before ? await openPage(browser, jarvis, { before }) : page;
    await goTo(own, "/guests");
    const opener = own.locator('[data-vmid="103"] .guest-name button');
    await opener.click();
    const over = own.locator(".modal-drawer");
    await over.getByRole("heading", { name: /103/ }).waitFor();
    assert.equal(await over.getAttribute("aria-modal"), "true");
    const isInside = (one) => one.evaluate((dialog) => dialog.contains(document.activeElement));
    assert.ok(await isInside(over), "the focus went into it");
    const stops = new Set();
    for (const key of ["Tab", "Shift+Tab"]) {
      for (let step = 0; step < 30; step += 1) {
        await own.keyboard.press(key);
        assert.ok(await isInside(over), `${key} ${step}`);
        stops.add(await own.evaluate(() => document.activeElement.textContent.slice(0, 40)));
      }
    }
    assert.ok(stops.size > 3, "it goes round, and does not stay in one place");
    // Who presses a place that takes no focus is inside all the same.
    await over.locator(".panel-title").first().click();
    await own.keyboard.press("Shift+Tab");
    assert.ok(await isInside(over));
    // Nor does what goes on behind it take the focus, or its keys: a shell that comes up, the keys of the panels.
    await own.evaluate(() => document.querySelector("[data-filter]").focus());
    assert.ok(await isInside(over), "what took it gave it back");
    for (const key of ["F6", "Alt+1", "j"]) await own.keyboard.press(key);
    assert.ok(await isInside(over));
    const behind = await own.evaluate(() => [[20, 20], [400, 500], [900, 1060]].map(([x, y]) => document.elementFromPoint(x, y).closest("dialog") !== null));
    assert.deepEqual(behind, [true, true, true], "nothing behind it can be pressed");
    await own.keyboard.press("Control+Shift+K");
    const card = own.locator(".modal-card");
    await card.waitFor();
    await own.keyboard.press("Tab");
    assert.ok(await isInside(card));
    await own.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    assert.equal(await over.count(), 1, "the one below stays");
    assert.ok(await isInside(over), "and has the focus again");
    await own.keyboard.press("Escape");
    await over.waitFor({ state: "detached" });
    assert.ok(await opener.evaluate((one) => one === document.activeElement), "who opened it has the focus again");
    if (own !== page) await own.context().close();
  });
}

test("a list of more than a thousand guests follows its filter when the typing pauses, a shorter one each letter", async () => {
  const typed = async (of, text) => {
    await goTo(of, "/guests");
    await of.locator("[data-filter]").focus();
    await of.evaluate(() => {
      const table = document.querySelector(".guest-table");
      Object.assign(globalThis, { keys: [], counts: [] });
      new MutationObserver(() => globalThis.counts.push(table.ariaRowCount)).observe(table, { attributeFilter: ["aria-rowcount"] });
      addEventListener("keydown", () => globalThis.keys.push({ at: performance.now(), counts: globalThis.counts.length }), { capture: true });
    });
    await of.keyboard.type(text, { delay: 60 });
    const keys = await of.evaluate(() => globalThis.keys);
    await of.waitForFunction(() => globalThis.counts.length > 0);
    await of.locator("[data-filter]").fill("");
    await of.waitForFunction((many) => Number(document.querySelector(".guest-table").ariaRowCount) > many, of === page ? 5 : 1000);
    return { counts: keys.at(-1).counts, pause: Math.max(...keys.slice(1).map(({ at }, before) => at - keys[before].at)) };
  };
  /** A machine that works hard pauses by itself: then it is typed once more. */
  const followed = async (of, text) => {
    for (let turn = 0; turn < 20; turn += 1) {
      const { counts, pause } = await typed(of, text);
      if (pause < 140) return counts;
    }
    throw new Error("this machine could not type twenty times without a pause");
  };
  assert.ok((await followed(page, "media")) > 0);
  const large = await startJarvis("--nodes", "4", "--guests", "1200");
  try {
    const of = await openPage(browser, large, { path: "/guests" });
    await of.locator(".guest-row").first().waitFor();
    assert.equal(await followed(of, "db-0000"), 0);
    await of.context().close();
  } finally {
    await large.stop();
  }
});

test("what may be done with a row is shown where the steps through the list end, or with Tab", async () => {
  await goTo(page, "/");
  const offered = () => page.locator(".guest-verbs").count();
  await page.locator('[data-list="guests"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.locator(".guest-verbs").waitFor();
  await page.evaluate(() => {
    globalThis.offers = [];
    new MutationObserver(() => globalThis.offers.push(document.querySelectorAll(".guest-verbs").length)).observe(document.querySelector(".guest-rows"), { subtree: true, childList: true });
  });
  const step = () => page.evaluate(async () => {
    const list = document.querySelector('[data-list="guests"]');
    for (let key = 0; key < 6; key += 1) list.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
    await new Promise((resolve) => setTimeout(resolve));
  });
  await step();
  assert.equal(await page.evaluate(() => Math.max(...globalThis.offers)), 0, "not of the rows in between, nor of the one that was left");
  await page.locator(".guest-row[data-selected] .guest-verbs").waitFor();
  assert.equal(await offered(), 1);
  await step();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".guest-row[data-selected] .guest-verbs") !== null), "a button of the row");
});

test("what an address leads to is shown before the browser is told of it, and Back leads from it", async () => {
  await goTo(page, "/");
  const told = await page.evaluate(async () => {
    const names = () => [document.querySelector(".modal-drawer") !== null, location.search];
    document.querySelector(".node-name").click();
    await Promise.resolve();
    const atOnce = names();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [atOnce, names()];
  });
  assert.deepEqual(told, [[true, ""], [true, told[1][1]]]);
  assert.match(told[1][1], /^\?open=node\//);
  await page.goBack();
  await page.locator(".modal-drawer").waitFor({ state: "detached" });
  await page.goForward();
  await page.locator(".modal-drawer").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".modal-drawer").waitFor({ state: "detached" });
});

test("what only grows old stands still while somebody types", async () => {
  await goTo(page, "/");
  const moved = () => page.evaluate(() => globalThis.moves.splice(0).length);
  await page.evaluate(() => {
    globalThis.moves = [];
    new MutationObserver(() => globalThis.moves.push(1)).observe(document.querySelector(".reconciler .ring-next"), { subtree: true, characterData: true, childList: true });
  });
  await page.locator('[data-list="guests"]').focus();
  await page.waitForTimeout(4500);
  assert.ok((await moved()) >= 3, "each second");
  await page.keyboard.press("ArrowDown");
  await moved();
  for (const end = Date.now() + 2500; Date.now() < end; await page.waitForTimeout(60)) {
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
  }
  assert.ok((await moved()) <= 1, "not while keys come");
  await page.waitForTimeout(2200);
  assert.ok((await moved()) >= 1, "and afterwards");
});

test("a mode is said at once, and drawn when its key is released", async () => {
  await goTo(page, "/");
  await page.evaluate(() => document.activeElement?.blur());
  const look = () => page.evaluate(() => [document.querySelector('.mode-switch [aria-checked="true"]').textContent, document.documentElement.dataset.mode]);
  assert.deepEqual(await look(), ["Jarvis", "jarvis"]);
  await page.evaluate(() => {
    globalThis.seen = [];
    for (const kind of ["keydown", "keyup"]) addEventListener(kind, () => globalThis.seen.push(kind), { capture: true });
    new MutationObserver(() => globalThis.seen.push("drawn")).observe(document.documentElement, { attributeFilter: ["data-mode"] });
    new MutationObserver(() => globalThis.seen.push("said")).observe(document.querySelector(".mode-switch"), { subtree: true, attributeFilter: ["aria-checked"] });
  });
  await page.keyboard.press("m", { delay: 30 });
  await page.locator('[data-mode="ops"]').first().waitFor();
  assert.deepEqual(await page.evaluate(() => [...new Set(globalThis.seen)]), ["keydown", "said", "keyup", "drawn"]);
  await setMode(page, "jarvis");
});

test("the details of a guest that no manifest declares tell what was asked of it, and every guest when it was backed up", async () => {
  const { guests } = await query("{ guests(first: 100) { nodes { vmid status resource template } } }");
  const free = guests.nodes.find((one) => one.resource === null && one.status === "RUNNING" && !one.template);
  await query(`mutation { requestAction(action: { name: "shutdownGuest", vmid: ${free.vmid} }, recallSeconds: 0) { id } }`);
  await goTo(page, `/?open=guest/${free.vmid}`);
  await drawer().locator(".part", { hasText: "History" }).getByText(`asked to shut down guest ${free.vmid}`).waitFor();
  assert.doesNotMatch(await drawer().innerText(), /INVALID/);
  await away();
  await goTo(page, "/?open=guest/103");
  const { lastBackup } = await query("{ lastBackup(vmid: 103) { at } }");
  assert.ok(lastBackup.at);
  await drawer().locator(".part", { hasText: "Backups" }).getByText(/^Last .* ago$/).waitFor();
  await away();
});

test("a request that has to wait says for what", async () => {
  await query('mutation { requestAction(action: { name: "rebootGuest", vmid: 209 }, recallSeconds: 0) { id } }');
  await goTo(page, "/?open=guest/209");
  await drawer().locator(".queued").waitFor();
  await drawer().locator(".queued + p", { hasText: 'has the lock "backup"' }).waitFor();
  await drawer().locator(".queued").getByRole("button", { name: "Recall" }).click();
  await drawer().locator(".queued").waitFor({ state: "detached" });
  await away();
});

test("a guest that is held is shown so in the list and counted, and its details say until when", async () => {
  await query('mutation { hold(scope: "VirtualMachine/web-01", reason: "to look at it", ttlSeconds: 3600) }');
  await goTo(page, "/");
  await page.locator('[data-vmid="101"]', { hasText: /held until \d\d:\d\d/ }).waitFor();
  await page.locator(".counters li", { hasText: "held" }).waitFor();
  await goTo(page, "/?open=guest/101");
  await drawer().getByText(/Left alone until .* on the word of admin: to look at it\./).waitFor();
  await drawer().getByRole("button", { name: "Release hold" }).click();
  await drawer().getByText(/Left alone/).waitFor({ state: "detached" });
  await away();
});

test("what the kill switch stops and what it does not is said, also in the bar above", async () => {
  await query('mutation { freeze(reason: "to see it", scope: AUTONOMY) { state } }');
  await page.locator(".banner", { hasText: "I do nothing by myself; what you ask for still runs" }).waitFor();
  await page.locator(".cell-autonomy", { hasText: "Stopped" }).waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Control+K");
  await page.keyboard.type("thaw");
  await page.locator('[role="option"][aria-selected="true"]', { hasText: "Re-arm" }).waitFor();
  await page.keyboard.press("Escape");
  await query("mutation { thaw }");
  await page.locator(".banner").waitFor({ state: "detached" });
  assert.doesNotMatch(await page.locator(".cell-autonomy").innerText(), /Stopped/i);
});

test("a red card that is put off goes on waiting, one that is dismissed is over, and says what it would cost", async () => {
  await goTo(page, "/?open=guest/107");
  await drawer().getByRole("button", { name: "Stop hard", exact: true }).click();
  const card = page.locator(".modal-card");
  await card.getByText("Its power is cut: what it has not written to its disks is lost.").waitFor();
  const state = async () => (await tickets()).find(({ action }) => action.name === "stopGuest").state;
  await card.getByRole("button", { name: /^Later/ }).click();
  await card.waitFor({ state: "detached" });
  assert.equal(await state(), "AWAITING_CONFIRMATION");
  await away();
  await goTo(page, "/");
  await page.locator(".ask-card:visible", { hasText: "Stop guest 107" }).getByRole("button", { name: "Review" }).click();
  await card.getByRole("button", { name: "Dismiss" }).click();
  await card.waitFor({ state: "detached" });
  assert.equal(await state(), "REJECTED");
});

test("long lines of the activity stand below each other, on a phone, too", async () => {
  for (let at = 0; at < 24; at += 1) {
    await query(at % 2 ? 'mutation { release(scope: "node:forge") }' : 'mutation { hold(scope: "node:forge", reason: "a reason that is long enough to take a line of its own, and on a phone more than one") }');
  }
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await goTo(page, "/activity");
    await page.locator(".feed-full .feed-line").nth(20).waitFor();
    const overlaps = await page.locator(".feed-full .feed-line").evaluateAll((lines) =>
      lines.filter((line) => line.scrollHeight > line.clientHeight + 1 || line.scrollWidth > line.clientWidth + 1).map((line) => line.textContent),
    );
    assert.deepEqual(overlaps, [], `${width}`);
  }
  await page.setViewportSize({ width: 1920, height: 1080 });
});

test("nothing was complained about", () => {
  assert.deepEqual(page.complaints, []);
});
