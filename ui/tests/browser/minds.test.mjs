// From the first sign-in to an answer of a model: it comes word by word, says what it cost, and the money is shown.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, say, startBrowser, violations } from "./support.mjs";
import { startWithMind } from "./mind.mjs";

const ANSWER = "Forge carries twice the load of atlas, sir: its processor is at 76% against 41%. <b>Memory</b> tells the same story. I would move ci-runner, if anything.";
let jarvis;
let browser;
let page;

before(async () => {
  jarvis = await startWithMind((question, asked) => {
    const isAsked = asked.messages.at(-1).role === "user";
    const nodes = asked.tools?.find((tool) => /list_nodes|get_cluster_status/.test(tool.function.name));
    return /compare/i.test(question) && isAsked && nodes ? { tool: nodes.function.name, arguments: {} } : ANSWER;
  });
  browser = await startBrowser();
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, colorScheme: "dark" });
  page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

test("the first sign-in asks for a password of one's own, and says when the two differ", async () => {
  await page.goto(jarvis.url);
  await page.fill("#password", jarvis.password);
  await page.click(".login button[type=submit]");
  await page.locator("#fresh").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.fill("#fresh", "correct horse battery");
  await page.fill("#again", "correct horse");
  await page.click(".login button[type=submit]");
  await page.getByText("The two new passwords differ.").waitFor();
  await page.fill("#again", "correct horse battery");
  await page.click(".login button[type=submit]");
  await page.waitForSelector('[data-link="live"]');
});

test("an answer comes word by word, can be told from a finished one, and says which mind and what it cost", async () => {
  await goTo(page, "/chat");
  let go;
  jarvis.mind.held = new Promise((resolve) => {
    go = resolve;
  });
  const answered = say(page, "Compare forge and atlas for me in two sentences, as a friend would.");
  const coming = page.locator('.message-answered[data-state="COMING"]');
  await coming.locator(".speech", { hasText: /^Forge/ }).waitFor();
  assert.equal((await coming.locator(".speech").textContent()).trim(), "Forge");
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  go();
  const answer = await answered;
  assert.match(await answer.locator(".speech").textContent(), /<b>Memory<\/b> tells/);
  assert.equal(await answer.locator(".speech b").count(), 0, "markup is text");
  assert.match(await answer.locator(".mind").textContent(), /qwen-far/);
  await answer.locator(".mind-name").focus();
  await answer.locator(".mind-more").waitFor({ state: "visible" });
  assert.match(await answer.locator(".mind-more").textContent(), /tokens read, .* written, \$0\./);
  await answer.locator(".tool-used").waitFor();
  assert.deepEqual(await violations(page), []);
  if (process.env.SHOTS) await page.screenshot({ path: "../docs/img/ui/jarvis-desktop-mind.jpg", type: "jpeg", quality: 62 });
});

test("what was spent stands in the bar and against the caps, by model and by kind", async () => {
  await say(page, "And which of the two would you rather be, all in all?");
  await page.locator(".cell-spend", { hasText: /\$0\.\d+ of \$2\.00/ }).waitFor();
  await page.locator(".cell-spend").click();
  const spend = page.locator('[data-panel="minds and spend"]');
  await spend.getByText("qwen-far").first().waitFor();
  assert.match(await spend.textContent(), /\/ \$2\.00/);
  assert.match(await spend.textContent(), /\/ \$10\.00/);
  assert.deepEqual(await violations(page), []);
  if (process.env.SHOTS) await page.screenshot({ path: "../docs/img/ui/jarvis-desktop-spend.jpg", type: "jpeg", quality: 62 });
  assert.deepEqual(page.complaints, []);
});
