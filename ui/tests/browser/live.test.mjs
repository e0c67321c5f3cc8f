// What a person does with the page, against the real server and the simulated cluster.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, goTo, openPage, startBrowser, startJarvis, VIEWS } from "./support.mjs";

let jarvis;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  browser = await startBrowser();
  page = await openPage(browser, jarvis);
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

/** Asks the API with the page's own session. */
const query = (text) => ask(page, text);

/** Asks again and again until it is so. */
async function until(isSo, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `not within ${seconds} s`);
    await page.waitForTimeout(400);
  }
}

const row = (vmid) => page.locator(`.guests [data-vmid="${vmid}"]`);
const statusOf = async (vmid) => (await query(`{ guest(vmid: ${vmid}) { status } }`)).guest.status;

test("every panel of the overview shows what the API says", async () => {
  const { nodes, storage } = await query("{ nodes { name } storage { name } }");
  for (const { name } of nodes) await page.locator(".node-name b", { hasText: name }).waitFor();
  for (const { name } of storage.slice(0, 2)) assert.ok((await page.locator(".storages").textContent()).includes(name));
  await page.locator(".guests .guest-row").first().waitFor();
  const text = await page.locator(".topbar").textContent();
  assert.match(text, /Quorate/);
  assert.match(await page.locator(".emblem").getAttribute("aria-label"), /of \d+ in sync/);
  assert.ok((await page.locator(".feed-line").count()) > 0);
  await page.locator(".limits .limit-list li").first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".passes rect").length > 1);
});

test("the page of nodes says of each what it carries and what waits on it", async () => {
  const page = await openPage(browser, jarvis, { path: "/nodes" });
  const { nodes, guests } = await query("{ nodes { name votes usage { maxCpu } } guests(first: 100) { nodes { name node } } }");
  for (const node of nodes) {
    const card = page.locator(".machine", { has: page.locator(".node-name b", { hasText: node.name }) });
    await card.getByText(`${node.usage.maxCpu} cores`).waitFor();
    const fact = (name) => card.locator(".machine-facts div", { hasText: name }).locator("dd").textContent();
    await until(async () => /^\d+\.\d$/.test(await fact("Load")) && /^\d+$/.test(await fact("Updates")), 20);
    assert.equal(await fact("Votes"), String(node.votes));
    const here = guests.nodes.filter((guest) => guest.node === node.name);
    const shown = await card.locator(".machine-guests .link").allTextContents();
    assert.deepEqual(shown.sort(), here.map((guest) => guest.name).sort());
    await card.getByText(`of ${here.length} running`).waitFor();
    assert.ok((await card.locator(".machine-storages li").count()) > 0);
  }
  await page.locator(".machine-guests .link", { hasText: "web-01" }).click();
  await page.locator(".modal-drawer").getByText("web-01").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Terminal on forge" }).click();
  await page.waitForURL(/\/shell\/node\/forge$/);
  await page.context().close();
});

/** These are made on the page, or say themselves how they stand. */
const OF_THE_PAGE = ["editor", "terminal", "this browser"];
const AGE = /(live|\d+\u2009(s|min|h))$/;

test("every panel of every page says how old it is, and one that is not answered any more that it is stale", async () => {
  const page = await openPage(browser, jarvis);
  const notes = () =>
    page.locator(".panel").evaluateAll((panels) => panels.map((panel) => [panel.dataset["panel"], panel.querySelector(".panel-note")?.textContent ?? ""]));
  const seen = new Set();
  for (const path of VIEWS) {
    await goTo(page, path);
    await page.locator(".panel").first().waitFor();
    const silent = async () => (await notes()).filter(([name, note]) => !OF_THE_PAGE.includes(name) && !AGE.test(note));
    await until(async () => (await silent()).length === 0, 20).catch(async () => assert.deepEqual(await silent(), [], path));
    for (const [name] of await notes()) seen.add(name);
  }
  for (const name of ["tokens", "users", "windows and holds", "memory", "notification channels", "policy in force", "limits and spend"]) {
    assert.ok(seen.has(name), `${name} in ${[...seen].join(", ")}`);
  }
  await goTo(page, "/settings");
  const users = page.locator('[data-panel="users"]');
  await users.locator("td", { hasText: "admin" }).first().waitFor();
  await page.route("**/graphql", (route) => (/oneTime/.test(route.request().postData() ?? "") ? route.abort() : route.fallback()));
  await query('mutation { hold(scope: "node:forge", reason: "to see the page ask again") }');
  await users.locator(".panel-note", { hasText: /stale/ }).waitFor();
  assert.equal(await users.getAttribute("data-stale"), "");
  await users.locator("td", { hasText: "admin" }).first().waitFor();
  await page.unrouteAll();
  await query('mutation { release(scope: "node:forge") }');
  await users.locator(".panel-note", { hasText: /^\d+\u2009s$/ }).waitFor();
  await page.context().close();
});

test("a node and a guest open with their last week, from the first minute", async () => {
  const page = await openPage(browser, jarvis);
  const since = new Date(Date.now() - 7 * 86_400_000).toISOString();
  const { hourlyHistories } = await query(`{ hourlyHistories(series: ["node/atlas/cpu", "node/atlas/temperature"], since: "${since}") { hours { max looks } } }`);
  const [cpu, heat] = hourlyHistories.map(({ hours }) => hours);
  assert.ok(cpu.length > 100, `${cpu.length} hours`);
  assert.ok(heat.every(({ looks }) => looks > 0), "Proxmox keeps no temperatures");
  await goTo(page, "/?open=node/atlas");
  const week = page.locator(".modal-drawer .part", { hasText: "Seven days" });
  await week.locator(".week-drawing .week-mean").nth(2).waitFor({ state: "attached" });
  const words = await week.innerText();
  assert.match(words, /CPU\s+\d+–\d+%\s+mean \d+%/);
  assert.match(words, /Temp\s+\d+(–\d+)?\u2009°C\s+mean \d+\u2009°C/);
  assert.match(words, /Proxmox's own averages/);
  const drawn = await week.locator(".week-band").first().evaluate((one) => one.getBBox().width);
  assert.ok(drawn > 100, `${drawn} of 168 hours are drawn`);
  const most = Math.max(...cpu.map(({ max }) => max));
  assert.ok(words.includes(`–${Math.round(most * 100)}%`), `${words} for ${most}`);
  await goTo(page, "/?open=guest/101");
  await page.locator(".modal-drawer .week-drawing").nth(1).waitFor();
  await page.context().close();
});

test("a page that is opened later begins its lines with what the server kept", async () => {
  const kept = async () => {
    const { histories } = await query('{ histories(series: ["node/agent1/cpu", "guest/101/cpu"], points: 60) { points { value } } }');
    return Math.min(...histories.map(({ points }) => points.length));
  };
  await until(async () => (await kept()) >= 12);
  const late = await openPage(browser, jarvis);
  const points = (selector) => late.evaluate((which) => (document.querySelector(which)?.getAttribute("d") ?? "").split("L").length, selector);
  await late.locator(".guest-lines .spark-line").first().waitFor({ state: "attached" });
  await late.waitForTimeout(1500);
  assert.ok((await points(".node .spark-line")) >= 10, "of the first node");
  // All lines of guests are one path: ten points each at least.
  assert.ok((await points(".guest-lines .spark-line")) >= 100, "of the guests in sight");
  await late.context().close();
});

test("lines grow with the samples, one for each running guest in sight, beside its row", async () => {
  const shown = () => page.evaluate(() => {
    const box = document.querySelector(".guest-lines").getBoundingClientRect();
    const scale = box.height / document.querySelector(".guest-lines").viewBox.baseVal.height;
    const ends = document.querySelector(".guest-lines .spark-end").getAttribute("d") ?? "";
    const rows = [...document.querySelectorAll(".guests .guest-row")].filter((one) => one.querySelector(".col-cpu *"));
    const beside = (y) => rows.filter((one) => one.getBoundingClientRect().top < y && y < one.getBoundingClientRect().bottom).length;
    return {
      rows: rows.length,
      lines: [...ends.matchAll(/M\S+ (\S+)h0/g)].map(([, y]) => beside(box.top + Number(y) * scale)),
      node: document.querySelector(".node .spark-line").getAttribute("d") ?? "",
    };
  });
  await page.waitForFunction(() => document.querySelector(".guest-lines .spark-end")?.getAttribute("d"));
  const before = await shown();
  assert.ok(before.rows > 5);
  assert.deepEqual(before.lines, Array(before.rows).fill(1));
  await page.waitForFunction((was) => document.querySelector(".node .spark-line").getAttribute("d") !== was, before.node, { timeout: 15_000 });
});

test("what may be done with a selected row lies over its line, and nothing of that shows through", async (t) => {
  const filter = async (text) => {
    await goTo(page, "/guests");
    await page.locator("[data-filter]").fill(text);
    await goTo(page, "/");
  };
  t.after(() => filter(""));
  await filter("dns-01");
  await page.waitForFunction(() => document.querySelector(".guest-lines .spark-line")?.getAttribute("d"));
  const { x, y, width, height } = await page.locator(".guest-lines").boundingBox();
  const shows = async () => {
    // Without the signs on the buttons: where the line below is drawn anew, their edges are smoothed a little differently.
    const look = async (visibility) => {
      await page.evaluate((how) => {
        document.querySelector(".guest-lines").style.visibility = how;
        for (const sign of document.querySelectorAll(".guest-verbs svg")) sign.style.visibility = "hidden";
      }, visibility);
      return page.screenshot({ clip: { x, y: y + 2, width, height: height - 4 } });
    };
    // Between two looks a figure may change, or a row: what differs for that is looked at again.
    for (let turn = 0; turn < 20; turn += 1) {
      const [without, with_, again] = [await look("hidden"), await look("visible"), await look("hidden")];
      if (without.equals(again)) return !without.equals(with_);
    }
    throw new Error("it never stood still for three looks");
  };
  assert.ok(await shows(), "the line of one that is not selected");
  await row(100).click();
  await row(100).locator(".guest-verbs").waitFor();
  // Until it no longer looks pointed at.
  await page.mouse.move(5, 5);
  await page.waitForTimeout(300);
  assert.ok(!(await shows()), "and not of one that is");
});

test("numbers change without a page refresh", async () => {
  const text = () => page.locator(".nodes").textContent();
  const old = await text();
  await page.waitForFunction((was) => document.querySelector(".nodes")?.textContent !== was, old, { timeout: 15_000 });
  await goTo(page, "/guests");
  const figures = () => [...document.querySelectorAll(".guests-full .guest-row .col-cpu")].map((one) => one.textContent).join();
  await page.waitForFunction(figures);
  const before = await page.evaluate(figures);
  assert.match(before, /\d%/);
  await page.waitForFunction((was) => [...document.querySelectorAll(".guests-full .guest-row .col-cpu")].map((one) => one.textContent).join() !== was, before, { timeout: 30_000 });
  await goTo(page, "/");
});

test("a guest is started, restarted and stopped from the page and seen to change within 15 s", async () => {
  await goTo(page, "/?open=guest/112");
  const drawer = page.locator(".modal-drawer");
  const change = async (button, status) => {
    await drawer.getByRole("button", { name: button, exact: true }).click();
    const began = Date.now();
    await drawer.locator(".drawer-stack > .row-wrap .status").filter({ hasText: status }).first().waitFor({ timeout: 15_000 });
    assert.ok(Date.now() - began < 15_000);
  };
  // A system that has only just begun to boot does not hear the power button yet.
  const hasBooted = async () => {
    const { guest } = await query("{ guest(vmid: 112) { status uptimeSeconds } }");
    return guest.status === "RUNNING" && guest.uptimeSeconds >= 20;
  };
  await change("Start", "running");
  assert.equal(await statusOf(112), "RUNNING");
  await until(hasBooted);
  await drawer.getByRole("button", { name: "Restart", exact: true }).click();
  await until(async () => {
    const { tickets } = await query("{ tickets { state outcome action { name } } }");
    return tickets.some((one) => one.action.name === "rebootGuest" && one.state === "DONE" && one.outcome === "verified") && (await hasBooted());
  });
  await change("Shut down", "stopped");
  assert.equal(await statusOf(112), "STOPPED");
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
});

test("a hard stop wants a confirmation that is held", async () => {
  await goTo(page, "/?open=guest/108");
  await page.locator(".modal-drawer").getByRole("button", { name: "Stop hard", exact: true }).click();
  const card = page.locator(".modal-card");
  const hold = card.locator(".hold");
  await hold.waitFor();
  const field = card.locator("input");
  if (await field.count()) await field.fill("108");
  await hold.click();
  assert.equal(await statusOf(108), "RUNNING", "a short press does nothing");
  await hold.hover();
  await page.mouse.down();
  await page.locator(".modal-card").waitFor({ state: "detached", timeout: 8000 });
  await page.mouse.up();
  await page.locator(".drawer-stack > .row-wrap .status").filter({ hasText: "stopped" }).first().waitFor({ timeout: 15_000 });
  await page.keyboard.press("Escape");
});

test("a refused action shows its reason and what would unblock it", async () => {
  await goTo(page, "/?open=guest/103");
  await page.locator(".modal-drawer").getByRole("button", { name: "Shut down", exact: true }).click();
  const card = page.locator(".modal-card");
  await card.getByText("JV1002").first().waitFor();
  assert.match(await card.textContent(), /103/);
  assert.match(await card.textContent(), /unblock/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
});

test("the kill switch stops and releases, with reason and time", async () => {
  await page.keyboard.press("Control+Shift+K");
  const card = page.locator(".modal-card");
  await card.getByLabel("Why").fill("testing the brake");
  await card.getByLabel("For how long").selectOption("900");
  await page.keyboard.press("Enter");
  await page.locator(".banner", { hasText: "testing the brake" }).waitFor({ timeout: 5000 });
  assert.equal((await query("{ freeze { state until } }")).freeze.state, "ON");
  assert.match(await page.locator(".emblem").textContent(), /STOPPED/);
  await page.getByRole("button", { name: "Re-arm" }).click();
  await page.getByRole("button", { name: "Release the kill switch" }).click();
  await page.locator(".banner").waitFor({ state: "detached", timeout: 5000 });
  assert.equal((await query("{ freeze { state } }")).freeze.state, "OFF");
});

test("the palette finds guests, pages and actions", async () => {
  await page.keyboard.press("Control+K");
  await page.keyboard.type("restart web");
  await page.getByRole("option", { name: /Restart vm\/101 web-01/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+K");
  await page.keyboard.type("audit");
  await page.keyboard.press("Enter");
  await page.locator('[data-panel="audit"]').waitFor();
  await page.waitForURL((url) => url.pathname === "/audit");
});

test("keys go to pages, and deep links open what they name", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("v");
  await page.locator(".guests-full").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("web-01");
  await page.waitForFunction(() => document.querySelectorAll(".guest-row").length === 1);
  await page.keyboard.press("Escape");
  if (!process.env.JARVIS_PAGE) {
    await page.goto(`${jarvis.url}/guests?open=guest/101`);
    await page.locator(".modal-drawer", { hasText: "web-01" }).waitFor();
    await page.keyboard.press("Escape");
  }
});

test("a crash is found, mended and told in the feed", async () => {
  await goTo(page, "/");
  await jarvis.cli("chaos", "crash", "101");
  await page.locator(".feed-line", { hasText: /web-01|101/ }).first().waitFor({ timeout: 30_000 });
  await row(101).filter({ hasText: "running" }).waitFor({ timeout: 60_000 });
});

test("a line of the feed leads to why it came to be", async () => {
  await page.locator(".feed-line", { hasText: "Done and verified: start guest 101" }).first().click({ timeout: 60_000 });
  const matter = page.locator(".modal-drawer .part", { hasText: "What happened to web-01" });
  await matter.getByText(/is stopped, declared Always/).first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".modal-drawer").waitFor({ state: "detached" });
});

test("a start against somebody's stop is announced with a Hold button, and the hold is released where holds are listed", async () => {
  await goTo(page, "/");
  await jarvis.cli("chaos", "user-stop", "101");
  const card = page.locator(".ask-card:visible", { hasText: "web-01 is started in" });
  await card.waitFor({ timeout: 30_000 });
  assert.match(await card.innerText(), /started in (1:0[01]|0:[0-5]\d) unless it is held/);
  await card.getByRole("button", { name: "Hold 1 h", exact: true }).click();
  await card.waitFor({ state: "detached" });
  await until(async () => (await query("{ holds { scope } }")).holds.some(({ scope }) => scope === "VirtualMachine/web-01"));
  await goTo(page, "/services");
  const line = page.locator("tr", { hasText: "VirtualMachine/web-01" });
  await line.getByRole("button", { name: "Release the hold on VirtualMachine/web-01", exact: true }).click();
  await until(async () => (await query("{ holds { scope } }")).holds.length === 0);
  await goTo(page, "/");
  await row(101).filter({ hasText: "running" }).waitFor({ timeout: 90_000 });
});

test("Enter on a guest opens its details, and they stay open", async () => {
  await page.locator('[data-list="guests"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".modal-drawer").waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".modal-drawer").count(), 1);
  await page.keyboard.press("Escape");
  await page.locator(".modal-drawer").waitFor({ state: "detached" });
});

test("an acknowledged matter is no alert any more, and is not raised again", async () => {
  const raised = async () => (await query("{ alerts { issue } }")).alerts.filter((one) => one.issue?.includes("threshold"));
  await until(async () => (await raised()).length > 0, 120);
  const [{ issue }] = await raised();
  await goTo(page, "/");
  await page.locator(".alerts").getByRole("button", { name: "Acknowledge" }).first().click();
  await until(async () => (await raised()).length === 0, 10);
  const told = async () => (await query('{ events(first: 100, filter: { name: "issueAlerted" }) { seq } }')).events.length;
  const before = await told();
  await page.waitForTimeout(6000);
  assert.deepEqual([await raised(), await told()], [[], before]);
  assert.ok((await query("{ issues { key } }")).issues.some(({ key }) => key === issue), "it is still open");
});

test("a user is made, and removed only when it is said twice", async () => {
  await goTo(page, "/settings");
  const form = page.getByRole("form", { name: "Make a user" });
  await form.getByLabel("Name of the user").fill("berta");
  await form.getByLabel("One-time password").fill("a password for once");
  await form.getByRole("button", { name: "Make a user" }).click();
  const line = page.getByRole("row", { name: /berta/ });
  await line.getByRole("button", { name: "Remove", exact: true }).click();
  assert.ok((await query("{ users { name } }")).users.some((user) => user.name === "berta"), "once is not enough");
  await line.getByRole("button", { name: "Remove berta for good" }).click();
  await line.waitFor({ state: "detached" });
  assert.ok(!(await query("{ users { name } }")).users.some((user) => user.name === "berta"));
});

test("nothing was complained about", () => {
  assert.deepEqual(page.complaints, []);
});
