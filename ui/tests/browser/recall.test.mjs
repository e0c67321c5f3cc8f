// What interrupts something is held for a moment. In real time: the simulated cluster's clock would shorten that moment.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, openPage, startBrowser, startJarvis } from "./support.mjs";

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

const ticket = () =>
  page.evaluate(async () => {
    const answer = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{ tickets { state action { name vmid } } guest(vmid: 107) { status } }"}' });
    const { tickets, guest } = (await answer.json()).data;
    return { ...tickets.find((one) => one.action.vmid === 107), status: guest.status };
  });

test("a shutdown is recalled where it was asked for, and the guest runs on", async () => {
  await goTo(page, "/?open=guest/107");
  const drawer = page.locator(".modal-drawer");
  await drawer.getByRole("button", { name: "Shut down", exact: true }).click();
  await drawer.locator(".queued").getByRole("button", { name: "Recall" }).click({ timeout: 3500 });
  await drawer.locator(".queued").waitFor({ state: "detached" });
  const { state, status } = await ticket();
  assert.deepEqual([state, status], ["RECALLED", "RUNNING"]);
});
