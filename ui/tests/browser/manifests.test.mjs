// A manifest changed on the page: checked, foreseen, proposed, approved, in force.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, openPage, startBrowser, startJarvis } from "./support.mjs";

let jarvis;
let browser;
let page;

before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  browser = await startBrowser();
  page = await openPage(browser, jarvis);
  await goTo(page, "/manifests");
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

const foot = () => page.locator(".editor-foot");

/** Puts text at the end of the file in the editor. */
async function append(text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(text);
}

test("a mistake is told with its place, as it is typed", async () => {
  await page.locator(".tree-file", { hasText: "laboratory.yaml" }).click();
  await page.locator(".cm-content").waitFor();
  await append("\n---\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: firewall-lab\nspec:\n  vmid: 114\n  runStrategi: Manual\n");
  await foot().locator(".mono", { hasText: "runStrategi" }).first().waitFor({ timeout: 10_000 });
  await page.locator(".cm-lint-marker-error").first().waitFor();
  assert.equal(await foot().getByRole("button", { name: "Propose" }).isEnabled(), false);
  await foot().getByRole("button", { name: "Take it back" }).click();
  await page.locator(".cm-lint-marker-error").first().waitFor({ state: "detached" });
});

test("keys go into the editor and not to the page", async () => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# gvmtace?/");
  assert.match(await page.locator(".cm-content").innerText(), /# gvmtace\?\//);
  assert.equal(new URL(page.url()).pathname, "/manifests");
  await foot().getByRole("button", { name: "Take it back" }).click();
});

test("fields are completed from the schema", async () => {
  await append("\n---\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: firewall-lab\nspec:\n  runS");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "runStrategy" }).waitFor({ timeout: 10_000 });
  await page.keyboard.press("Escape");
  await foot().getByRole("button", { name: "Take it back" }).click();
});

test("a change is foreseen, proposed, approved and in force", async () => {
  const revision = () => page.evaluate(async () => {
    const answer = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{ revision { commit } }"}' });
    return (await answer.json()).data.revision.commit;
  });
  const old = await revision();
  await append("\n---\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: firewall-lab\nspec:\n  vmid: 114\n  runStrategy: Manual\n");
  await foot().getByRole("button", { name: "Show changes" }).click();
  await page.locator(".cm-changedLine").first().waitFor();
  await foot().getByLabel("What the change is for").fill("Watch the firewall");
  const propose = foot().getByRole("button", { name: "Propose" });
  await page.waitForFunction(() => [...document.querySelectorAll(".editor-foot button")].some((one) => one.textContent === "Propose" && !one.disabled), null, { timeout: 15_000 });
  await propose.click();
  const card = page.locator(".proposals .ask-card", { hasText: "Watch the firewall" });
  await card.waitFor({ timeout: 15_000 });
  assert.match(await card.locator(".diff").textContent(), /\+.*firewall-lab/);
  await card.getByRole("button", { name: "Approve" }).click();
  const end = Date.now() + 30_000;
  while ((await revision()) === old) {
    assert.ok(Date.now() < end, "the revision is in force within 30 s");
    await page.waitForTimeout(400);
  }
  await goTo(page, "/?open=guest/114");
  await page.locator(".modal-drawer .code", { hasText: "VirtualMachine/firewall-lab" }).waitFor({ timeout: 20_000 });
  assert.deepEqual(page.complaints, []);
});
