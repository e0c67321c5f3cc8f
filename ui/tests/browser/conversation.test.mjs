// Spoken with on the page, with no model: the built-in voice answers from the live state.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, goTo, openPage, say as sayOn, startBrowser, startJarvis, startWire, violations } from "./support.mjs";

let jarvis;
let wire;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  wire = await startWire(jarvis);
  browser = await startBrowser();
  page = await openPage(browser, { ...jarvis, page: jarvis.page ?? wire.url });
  await page.locator(".guest-row").first().waitFor();
});
after(async () => {
  await browser?.close();
  wire?.stop();
  await jarvis?.stop();
});

const query = (text) => ask(page, text);

const composer = () => page.locator("[data-composer]");
const answers = () => page.locator('.message-answered:not([data-state="COMING"])');

const say = (text) => sayOn(page, text);

test("an example drawn from the live state is asked by a press, and the answer says which mind it is from", async () => {
  assert.equal(await page.locator(".example").count(), 3);
  await page.locator(".example").first().click();
  const answer = answers().first();
  await answer.waitFor({ timeout: 20_000 });
  assert.ok((await answer.locator(".speech").textContent()).length > 10);
  await answer.locator(".mind-name").focus();
  await answer.locator(".mind-more").waitFor({ state: "visible" });
  assert.match(await answer.locator(".mind").textContent(), /built-in/);
});

test("how the cluster is: true, and a fact leads to where it stands", async () => {
  const whole = await say("How is the cluster?");
  const { nodes } = await query("{ nodes { name } }");
  assert.ok((await whole.textContent()).includes(String(nodes.length)));
  const answer = await say("How is web-01?");
  const fact = answer.locator("button.fact", { hasText: "guest/101" }).first();
  await fact.click();
  await page.locator(".modal-drawer").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".modal-drawer").waitFor({ state: "detached" });
});

test("what acts is a card: confirmed once, carried out, reported where it stands", async () => {
  const answer = await say("Start VM 112");
  const card = answer.locator(".ask-card").first();
  await card.locator('.tier[data-tier="YELLOW"]').waitFor();
  assert.match(await card.textContent(), /expires \d:\d\d/);
  assert.equal((await query("{ guest(vmid: 112) { status } }")).guest.status, "STOPPED", "nothing is done before it is confirmed");
  await card.getByRole("button", { name: /start/i }).click();
  await answer.locator('[data-ticket="DONE"]').waitFor({ timeout: 60_000 });
  await answer.locator('[data-ticket="DONE"] .status', { hasText: "verified" }).waitFor();
  // The picture of the guest follows with the next look at it.
  const end = Date.now() + 15_000;
  while ((await query("{ guest(vmid: 112) { status } }")).guest.status !== "RUNNING") {
    assert.ok(Date.now() < end, "it runs within 15 s");
    await page.waitForTimeout(200);
  }
});

test("what is refused names the rule, the protected guest and the way out", async () => {
  const answer = await say("Reboot agent1");
  const card = answer.locator('.ask-card[data-tier="BLACK"]');
  await card.waitFor();
  const text = await card.textContent();
  assert.match(text, /103/);
  assert.match(text, /JV1002/);
  assert.match(text, /unblock/);
  assert.equal(await card.getByRole("button").count(), 0, "there is nothing to press");
});

test("a lasting wish is a proposal: seen as a difference, approved, in force", async () => {
  const revision = async () => (await query("{ revision { commit } }")).revision.commit;
  const old = await revision();
  const answer = await say("Keep win-lab running");
  const card = answer.locator(".ask-card", { has: page.locator(".diff") });
  await card.waitFor({ timeout: 15_000 });
  assert.match(await card.locator(".diff").textContent(), /\+.*runStrategy: Always/);
  await card.getByRole("button", { name: "Approve" }).click();
  const end = Date.now() + 30_000;
  while ((await revision()) === old) {
    assert.ok(Date.now() < end, "the revision is in force within 30 s");
    await page.waitForTimeout(300);
  }
});

test("what is dangerous is red: the target typed, the button held, the outcome reported", async () => {
  const status = async () => (await query("{ guest(vmid: 105) { status } }")).guest.status;
  const end = Date.now() + 60_000;
  while ((await status()) !== "RUNNING") {
    assert.ok(Date.now() < end, "what was approved above runs within a minute");
    await page.waitForTimeout(300);
  }
  const answer = await say("force stop 105");
  const card = answer.locator(".ask-card").first();
  await card.locator('.tier[data-tier="RED"]').waitFor();
  await card.getByRole("button", { name: /^Review/ }).click();
  const hold = page.locator(".modal-card .hold");
  await hold.waitFor();
  assert.ok(await hold.isDisabled(), "nothing can be held before the target is typed");
  await page.locator(".modal-card input").fill("web-01");
  assert.ok(await hold.isDisabled(), "another target arms nothing");
  await page.locator(".modal-card input").fill("105");
  await hold.hover();
  await page.mouse.down();
  await page.locator(".modal-card").waitFor({ state: "detached", timeout: 8000 });
  await page.mouse.up();
  await answer.locator('[data-ticket="DONE"] .status', { hasText: "verified" }).waitFor({ timeout: 60_000 });
  const seq = Number(await answer.getAttribute("data-seq"));
  await page.waitForFunction((asked) => [...document.querySelectorAll(".message-answered[data-seq]")].some((one) => Number(one.dataset.seq) > asked && /105|win-lab/.test(one.querySelector(".speech")?.textContent ?? "")), seq, { timeout: 20_000 });
});

test("markup is text: no link, no picture, no element comes of it", async () => {
  const said = '<img src=x onerror="document.title=1"> [here](http://example.invalid) **b** ![p](http://example.invalid/p.png)';
  await say(said);
  const bubble = page.locator(".message-asked").last();
  assert.equal((await bubble.locator(".bubble").textContent()).trim(), said);
  assert.equal(await page.locator(".messages :is(img, a, script, iframe)").count(), 0);
});

test("the field: Shift Enter begins a line, Up takes up what was said, the palette is a stroke away", async () => {
  await composer().fill("");
  await composer().pressSequentially("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  assert.equal(await composer().inputValue(), "one\ntwo");
  await composer().fill("");
  await page.keyboard.press("ArrowUp");
  assert.match(await composer().inputValue(), /^<img/);
  await page.keyboard.press("ArrowUp");
  assert.doesNotMatch(await composer().inputValue(), /^<img/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await composer().inputValue(), "");
  await page.keyboard.press("/");
  await page.locator(".modal-palette").waitFor();
  await page.keyboard.press("Escape");
  await composer().fill("x".repeat(5000));
  assert.equal((await composer().inputValue()).length, 4000);
  await composer().fill("");
});

test("what names no command is asked", async () => {
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Control+K");
  await page.keyboard.type("Which guests are stopped?");
  await page.getByRole("option", { name: /Ask Jarvis/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".message-asked", { hasText: "Which guests are stopped?" }).waitFor();
});

test("after a lost link everything stands once, and one can go on", async () => {
  await page.waitForFunction(() => !document.querySelector('[data-state="COMING"], [data-unsent]') && document.querySelector(".message:last-child")?.classList.contains("message-answered"));
  const numbers = () => page.locator(".message[data-seq]").evaluateAll((all) => all.map((one) => one.dataset.seq));
  const known = await numbers();
  wire.mend(); // every connection is torn
  await page.locator('[data-link="lost"]').waitFor({ timeout: 10_000 }).catch(() => undefined);
  await page.locator('[data-link="live"]').waitFor({ timeout: 40_000 });
  assert.deepEqual(await numbers(), known);
  await say("How is the cluster?");
  const after = await numbers();
  assert.equal(new Set(after).size, after.length, "nothing stands twice");
  assert.deepEqual(after.slice(0, known.length), known);
});

test("conversations: another, back to the first, and one deleted", async () => {
  await goTo(page, "/chat");
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.locator(".example").first().waitFor();
  await say("What did you fix yesterday?");
  const lines = page.locator(".talk");
  await page.waitForFunction(() => document.querySelectorAll(".talk").length === 2);
  await lines.nth(1).locator(".talk-title").click();
  await page.locator(".message-asked", { hasText: "Reboot agent1" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await lines.nth(0).getByRole("button", { name: /^Delete the conversation/ }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".talk").length === 1);
});

test("memory: what is to be remembered waits, is confirmed, corrected and forgotten", async () => {
  await goTo(page, "/minds");
  const facts = async () => (await query("{ memory { text pending } }")).memory;
  await page.getByLabel("What to remember").fill("The nas is for films.");
  await page.getByRole("button", { name: "Remember it" }).click();
  const line = page.locator(".memory-line").first();
  await line.getByText("not confirmed yet").waitFor();
  assert.deepEqual(await facts(), [{ text: "The nas is for films.", pending: true }]);
  assert.deepEqual(await violations(page), []);
  await line.getByRole("button", { name: "Confirm", exact: true }).click();
  await line.getByText("not confirmed yet").waitFor({ state: "detached" });
  assert.deepEqual(await facts(), [{ text: "The nas is for films.", pending: false }]);
  await line.getByRole("button", { name: "Correct", exact: true }).click();
  await line.getByLabel("As it should be").fill("The nas is for films and music.");
  await line.getByRole("button", { name: "Correct it" }).click();
  await line.locator("p", { hasText: "films and music" }).waitFor();
  assert.deepEqual((await facts()).map((one) => one.text), ["The nas is for films and music."]);
  await line.getByRole("button", { name: "Forget" }).click();
  await line.waitFor({ state: "detached" });
  assert.deepEqual(await facts(), []);
});

test("on a phone: the list and the conversation by turns, the field above the bar", async () => {
  const phone = await openPage(browser, jarvis, { width: 390, height: 844, hasTouch: true, isMobile: true, path: "/chat" });
  await phone.locator(".talks-open").tap();
  await phone.locator(".talk-title").first().tap();
  await phone.locator(".message").first().waitFor();
  const [field, bar] = await Promise.all([phone.locator(".composer").boundingBox(), phone.locator(".bottombar").boundingBox()]);
  assert.ok(field.y + field.height <= bar.y + 1);
  assert.deepEqual(await violations(phone), []);
  assert.ok((await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
  await phone.context().close();
});

test("nothing was complained about", () => {
  assert.deepEqual(page.complaints, []);
});
