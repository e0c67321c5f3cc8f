// Bad input and bad days: what names may hold, clusters of no and of many nodes, wrong clocks, ended sessions, answers that
// are refusals, and a proxy that lets no socket through.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { goTo, MODES, openPage, say, setMode, signIn, startBrowser, startJarvis, violations } from "./support.mjs";

let jarvis;
let browser;
before(async () => {
  jarvis = await startJarvis("--time-factor", "5");
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await jarvis?.stop();
});

const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** A page for which every update of the cluster is changed on its way. */
async function changedPage(change, options = {}) {
  return openPage(browser, jarvis, {
    ...options,
    before: (page) =>
      page.routeWebSocket(/graphql/, (near) => {
        const far = near.connectToServer();
        near.onMessage((message) => far.send(message));
        far.onMessage((message) => {
          const read = JSON.parse(message);
          const update = read.payload?.data?.clusterUpdates;
          if (update) change(update.snapshot ?? update.delta ?? {});
          near.send(JSON.stringify(read));
        });
      }),
  });
}

const MARKUP = '<img src=x onerror="document.title=1"><b>bold</b>';
// Right to left, with a control that turns what follows around and is never closed.
const TURNED = "\u202Eexe.txt \u05D0\u05D1\u05D2 \u0645\u0631\u062D\u0628\u0627";
const LONG = "a-very-long-name-without-a-place-to-break-".repeat(5).slice(0, 200);

test("names with markup, turned writing and 200 letters are text, and break nothing; a guest without one is nameless", { timeout: 120_000 }, async () => {
  const names = new Map([[101, MARKUP], [102, TURNED], [103, LONG], [104, null]]);
  const page = await changedPage(({ guests = [], nodes = [] }) => {
    for (const guest of guests) if (names.has(guest.vmid)) guest.name = names.get(guest.vmid);
    for (const node of nodes) if (node.name === "forge") node.unknownReason = `${MARKUP} ${LONG}`;
  });
  const row = (vmid) => page.locator(`.guests [data-vmid="${vmid}"]`);
  await row(101).waitFor();
  assert.match(await row(101).locator(".guest-name").innerText(), /<img src=x onerror="document.title=1"><b>bold<\/b>/);
  assert.match(await row(104).locator(".guest-name").innerText(), /nameless/);
  assert.equal(await page.locator(".guest-name :is(img, b)").count(), 0);
  assert.notEqual(await page.title(), "1");
  // The turned name stays within itself: what stands after it in the row is still read from left to right.
  const order = await row(102).evaluate((line) => {
    const box = (selector) => line.querySelector(selector).getBoundingClientRect();
    return box(".guest-name").right <= box(".col-node").left + 1;
  });
  assert.ok(order);
  assert.equal(await row(102).locator(".guest-name button bdi, .guest-name button[dir]").count(), 1, "the name is set apart from its surroundings");
  for (const mode of MODES) {
    await setMode(page, mode);
    for (const path of ["/", "/guests", "/nodes"]) {
      await goTo(page, path);
      assert.equal(await wide(page), 0, `${mode} ${path}`);
    }
    for (const vmid of [101, 102, 103, 104]) {
      await goTo(page, `/guests?open=guest/${vmid}`);
      const drawer = page.locator(".modal-drawer");
      await drawer.waitFor();
      const over = await drawer.evaluate((one) => one.scrollWidth - one.clientWidth);
      assert.ok(over <= 0, `${mode}: the details of ${vmid} are ${over} px too wide`);
      await page.keyboard.press("Escape");
      await drawer.waitFor({ state: "detached" });
    }
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
  const phone = await changedPage(({ guests = [] }) => {
    for (const guest of guests) if (names.has(guest.vmid)) guest.name = names.get(guest.vmid);
  }, { width: 390, height: 844, hasTouch: true, isMobile: true });
  for (const path of ["/guests", "/guests?open=guest/103", "/nodes"]) {
    await goTo(phone, path);
    await phone.waitForTimeout(200);
    assert.equal(await wide(phone), 0, `phone ${path}`);
  }
  await phone.context().close();
});

test("a cluster of no nodes and no guests says so and what to do, in every mode", async () => {
  const page = await changedPage((parts) => {
    Object.assign(parts, { nodes: [], guests: [], storages: [], resources: [] });
  });
  await page.getByText("No node has reported yet.").first().waitFor();
  for (const mode of MODES) {
    await setMode(page, mode);
    for (const path of ["/", "/nodes", "/guests", "/storage", "/shell", "/plan"]) {
      await goTo(page, path);
      assert.equal(await page.locator(".state[role=alert]").count(), 0, `${mode} ${path} can be drawn`);
      assert.deepEqual(await violations(page), [], `${mode} ${path}`);
    }
  }
  await goTo(page, "/guests");
  await page.getByText("No guests declared or found.").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("thirty-two nodes: all of them in reach, nothing wider than the screen, in every mode", { timeout: 120_000 }, async () => {
  const large = await startJarvis("--nodes", "32", "--guests", "600");
  try {
    for (const [width, height] of [[1920, 1080], [1366, 768], [390, 844]]) {
      const page = await openPage(browser, large, { width, height });
      await page.locator(".node-name, .bottom-item").first().waitFor();
      for (const mode of MODES) {
        await setMode(page, mode);
        for (const path of ["/", "/nodes", "/shell"]) {
          await goTo(page, path);
          assert.equal(await wide(page), 0, `${mode} ${width} ${path}`);
        }
        // On the overview what is out of sight is not drawn until somebody goes there.
        await goTo(page, "/");
        if (width > 600) {
          const [list, ends] = await page.evaluate(() => {
            const below = (css) => document.querySelector(css).getBoundingClientRect().bottom;
            return [document.querySelector(".guest-rows").clientHeight, below(".storages") - below(".page")];
          });
          assert.ok(list > 120 && ends <= 0, `${mode} ${width}: the guests have ${list} px, the storages end ${ends} px below the page`);
        }
        const atEnd = page.locator(".node-list .node-name b", { hasText: "node32" });
        await page.locator(".node-list .node").last().scrollIntoViewIfNeeded();
        await atEnd.waitFor();
        assert.ok(await atEnd.evaluate((one) => one.getBoundingClientRect().bottom <= one.closest(".panel-body").getBoundingClientRect().bottom + 1 || innerWidth < 600), `${mode} ${width}: the end stays in sight`);
        if (width > 600 && mode === "jarvis") assert.equal(await page.locator(".node-list .node-name b", { hasText: "node01" }).count(), 0);
        await goTo(page, "/nodes");
        const last = page.locator(".node-name b", { hasText: "node32" });
        await last.scrollIntoViewIfNeeded();
        assert.ok(await last.isVisible(), `${mode} ${width}`);
      }
      if (width > 600) {
        await setMode(page, "jarvis");
        await goTo(page, "/");
        const [corner, radius] = await page.evaluate(() => {
          const { x, y, width, height } = document.querySelector(".ring-number").getBBox();
          const [across, high] = [Math.max(-x, x + width), Math.max(-y, y + height)];
          return [Math.hypot(across, high), document.querySelector(".ring-disc").r.baseVal.value];
        });
        assert.ok(corner < radius, `the count reaches ${corner} from the middle of a disc of ${radius}`);
        await goTo(page, "/nodes");
      }
      // A card has room for so many; the rest is one press away.
      const more = page.locator(".machine-rest").first();
      const [, count, name] = /(\d+) more on (\S+)/.exec(await more.textContent());
      await more.click();
      await page.locator(".guest-row").first().waitFor();
      const on = await page.locator(".guest-row .col-node").allTextContents();
      assert.deepEqual([...new Set(on)], [name]);
      assert.ok(on.length > Math.min(Number(count), 5));
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  } finally {
    await large.stop();
  }
});

for (const [what, hours] of [["ahead", 1], ["behind", -1]]) {
  test(`a browser whose clock is an hour ${what}: ages, the clock and what expires are the server's`, async () => {
    const page = await openPage(browser, jarvis, {
      path: "/chat",
      before: (one) =>
        one.addInitScript((by) => {
          const real = Date;
          const skewed = class extends real {
            constructor(...given) {
              super(...(given.length === 0 ? [real.now() + by] : given));
            }
            static now() {
              return real.now() + by;
            }
          };
          globalThis.Date = skewed;
        }, hours * 3_600_000),
    });
    const answer = await say(page, "Start VM 112");
    const left = /expires (\d+):(\d\d)/.exec(await answer.locator(".ask-card").first().textContent());
    assert.ok(left && Number(left[1]) <= 5, `${left}`);
    await answer.locator(".ask-card").first().getByRole("button", { name: /Not now|Dismiss|Cancel|Reject/ }).click();
    await goTo(page, "/");
    await page.locator(".guest-row").first().waitFor();
    await page.waitForTimeout(1200);
    assert.equal(await page.locator("[data-stale]").count(), 0, "nothing looks old");
    const ages = await page.locator("[data-age]").allTextContents();
    assert.ok(ages.length >= 3 && ages.every((age) => /^\d+\u2009s$/.test(age)), ages.join(", "));
    await page.context().close();
  });
}

test("a session that ended: signing in again finds the page as it was left, text included", async () => {
  const page = await openPage(browser, jarvis, { path: "/guests" });
  await page.locator(".guest-row").first().waitFor();
  await page.fill("[data-filter]", "is:ct");
  await goTo(page, "/chat");
  await page.locator("[data-composer]").fill("half a thought");
  await page.evaluate(() => {
    globalThis.stillTheSame = true;
  });
  await page.context().clearCookies();
  await page.locator("[data-composer]").press("Enter");
  const again = page.locator(".login-again");
  await again.waitFor();
  assert.match(await again.textContent(), /session has ended/);
  assert.deepEqual(await violations(page), []);
  const covering = await page.evaluate(() => document.elementFromPoint(300, 300).closest(".login-again") !== null);
  assert.ok(covering, "nothing of the page is shown");
  await page.keyboard.press("Escape");
  assert.ok(await again.isVisible(), "it cannot be waved away");
  await signIn(page, jarvis);
  await again.waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).pathname, "/chat");
  assert.equal(await page.locator("[data-composer]").inputValue(), "half a thought");
  await page.locator("[data-composer]").press("Enter");
  await page.locator(".message-asked", { hasText: "half a thought" }).waitFor();
  await goTo(page, "/guests");
  assert.equal(await page.locator("[data-filter]").inputValue(), "is:ct");
  assert.equal(await page.evaluate(() => globalThis.stillTheSame), true, "it was not loaded anew");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a session that ended while a drawer was open: keys are those of the form, and the drawer stands there afterwards", async () => {
  const page = await openPage(browser, jarvis, { path: "/guests?open=guest/103" });
  const over = page.locator(".modal-drawer");
  await over.getByRole("button", { name: "Hold 1 h" }).waitFor();
  await page.context().clearCookies();
  // Whichever asks first is told: this press, or the page's own next question.
  await over.getByRole("button", { name: "Hold 1 h" }).click({ timeout: 3000 }).catch(() => undefined);
  const again = page.locator(".login-again");
  await again.waitFor();
  const stops = new Set();
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press("Tab");
    stops.add(await page.evaluate(() => document.activeElement.closest(".modal") === null && (document.activeElement.id || document.activeElement.type || "page")));
  }
  assert.ok(stops.has("password") && stops.has("submit") && !stops.has(false), [...stops].join());
  await page.keyboard.press("Escape");
  assert.ok(await again.isVisible());
  assert.equal(await over.count(), 1, "Escape is the form's, not that of what lies below");
  await signIn(page, jarvis);
  await again.waitFor({ state: "detached" });
  await over.getByRole("heading", { name: /103/ }).waitFor();
  await page.keyboard.press("Escape");
  await over.waitFor({ state: "detached" });
  await page.context().close();
});

/** Answers one kind of request as the server would in trouble. */
async function refuseOn(page, operation, error) {
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes(operation)) return route.fallback();
    return route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify({ data: null, errors: [error] }) });
  });
}

test("what the server objects to stands where it was asked, with its code and what can be done", async () => {
  const page = await openPage(browser, jarvis, { path: "/" });
  await refuseOn(page, "mutation RequestAction", { message: "the guest is being migrated", extensions: { code: "WRONG_STATE" } });
  await page.locator(".guest-row", { hasText: "dns-01" }).click();
  await page.getByRole("button", { name: "Restart dns-01" }).click();
  const asked = page.locator("dialog[open]");
  if (await asked.count()) await asked.getByRole("button").first().click();
  const note = page.locator(".note[data-tone=crit]").first();
  await note.waitFor();
  const text = await note.textContent();
  assert.match(text, /The guest is being migrated\. /);
  assert.match(text, /look at it again/);
  assert.match(text, /WRONG_STATE/);
  await refuseOn(page, "query AuditPage", { message: "the journal cannot be read", extensions: { code: "UNAVAILABLE" } });
  await goTo(page, "/audit");
  const panel = page.locator('[data-panel="audit"]');
  await panel.getByText("the journal cannot be read").waitFor();
  assert.match(await panel.textContent(), /UNAVAILABLE/);
  assert.match(await panel.textContent(), /Try again/);
  await page.context().close();
});

/** Patience passes ten times as fast; how much was asked for is kept. */
const hasten = (page) =>
  page.addInitScript(() => {
    const real = AbortSignal.timeout.bind(AbortSignal);
    globalThis.patience = [];
    AbortSignal.timeout = (millis) => {
      globalThis.patience.push(millis);
      return real(millis / 10);
    };
  });

test("silence instead of an answer is said within half a minute, and of a change that it may be done", async () => {
  const page = await openPage(browser, jarvis, { path: "/", before: hasten });
  await page.locator(".guest-row", { hasText: "dns-01" }).click();
  await page.route("**/graphql", (route) => (/oneTime|mutation RequestAction/.test(route.request().postData() ?? "") ? undefined : route.fallback()));
  await page.getByRole("button", { name: "Restart dns-01" }).click();
  const asked = page.locator("dialog[open]");
  if (await asked.count()) await asked.getByRole("button").first().click();
  const note = page.locator(".note[data-tone=crit]").first();
  await note.waitFor();
  assert.match(await note.textContent(), /did not answer\. It may be done all the same: look at the activity .*NOT_HEARD/);
  await goTo(page, "/audit");
  await page.evaluate(() => {
    history.pushState(null, "", "/settings");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  for (const name of ["users", "tokens"]) {
    const panel = page.locator(`[data-panel="${name}"]`);
    await panel.getByText(`The ${name} cannot be shown.`).waitFor();
    assert.match(await panel.textContent(), /did not answer\. Is it running.*UNREACHABLE/);
    assert.match(await panel.locator(".panel-note").textContent(), /no answer/);
  }
  const patience = await page.evaluate(() => globalThis.patience);
  assert.deepEqual([...new Set(patience)].sort(), [20_000, 35_000], "reads are given up before half a minute; changes after the server's own 30 s");
  assert.deepEqual(await violations(page), []);
  await page.unrouteAll();
  await page.locator('[data-panel="users"]').getByRole("button", { name: "Try again" }).click();
  await page.locator('[data-panel="users"] td', { hasText: "admin" }).first().waitFor();
  await page.context().close();
});

test("answers that take longer than it takes for something to happen are shown all the same", async () => {
  const page = await openPage(browser, jarvis, { path: "/" });
  await page.route("**/graphql", async (route) => {
    if (/oneTime/.test(route.request().postData() ?? "")) await new Promise((done) => setTimeout(done, 1500));
    await route.fallback();
  });
  let isDone = false;
  const happen = (async () => {
    for (let at = 0; !isDone && at < 40; at += 1) {
      await page.evaluate(async (query) => {
        await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) });
      }, at % 2 ? 'mutation { release(scope: "node:forge") }' : 'mutation { hold(scope: "node:forge", reason: "something happens") }');
      await page.waitForTimeout(250);
    }
    return isDone;
  })();
  await page.evaluate(() => {
    history.pushState(null, "", "/settings");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await page.locator('[data-panel="users"] td', { hasText: "admin" }).first().waitFor();
  isDone = true;
  assert.ok(await happen, "it was shown while things went on happening");
  await page.evaluate(async (query) => {
    await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) });
  }, 'mutation { release(scope: "node:forge") }');
  await page.context().close();
});

test("what is opened after the connection and before its first picture is followed, too", async () => {
  const first = await openPage(browser, jarvis, { path: "/chat" });
  await say(first, "How is the cluster?");
  const conversation = await first.evaluate(() => sessionStorage.getItem("jarvis.conversation"));
  await first.context().close();
  let isConnected = false;
  let mounted = 0;
  const page = await openPage(browser, jarvis, {
    conversation,
    before: async (one) => {
      // The code behind the sign-in comes once the socket is there, the first picture later still.
      await one.route("**/assets/*.js", async (route) => {
        while (mounted > 0 && !isConnected) await new Promise((done) => setTimeout(done, 20));
        await route.fallback();
      });
      one.on("response", (response) => {
        if (response.url().endsWith("/auth/login")) mounted += 1;
      });
      await one.routeWebSocket(/graphql/, (near) => {
        const far = near.connectToServer();
        far.onMessage((message) => {
          isConnected ||= message.includes("connection_ack");
          if (message.includes('"next"')) setTimeout(() => near.send(message), 1500);
          else near.send(message);
        });
      });
    },
  });
  await page.locator(".message-answered").first().waitFor();
  await page.locator(".limits", { hasText: "Model spend today" }).waitFor();
  await page.context().close();
});

test("a proxy that lets no socket through: said, and asked instead; once it does, live again", { timeout: 120_000 }, async () => {
  let isBlocked = true;
  const page = await openPage(browser, jarvis, {
    link: "polling",
    before: async (one) => {
      await hasten(one);
      await one.routeWebSocket(/graphql/, (near) => {
        if (isBlocked) void near.close({ code: 1011, reason: "no upgrade" });
        else near.connectToServer();
      });
    },
  });
  await page.locator(".banner", { hasText: "live connection is blocked" }).waitFor();
  await page.locator(".guest-row", { hasText: "dns-01" }).waitFor();
  assert.deepEqual(await violations(page), []);
  const seen = () => page.locator(".nodes").textContent();
  const old = await seen();
  await page.waitForFunction((was) => document.querySelector(".nodes")?.textContent !== was, old, { timeout: 20_000 });
  await goTo(page, "/chat");
  const answer = await say(page, "How is the cluster?");
  assert.ok((await answer.textContent()).length > 20);
  await jarvis.cli("chaos", "crash", "101");
  await goTo(page, "/activity");
  await page.locator(".feed-line", { hasText: /web-01|101/ }).first().waitFor({ timeout: 30_000 });
  await goTo(page, "/minds");
  await page.locator(".spend", { hasText: "This month" }).waitFor();
  await page.route("**/graphql", () => undefined);
  await page.locator('[data-link="lost"]').waitFor();
  await page.unrouteAll();
  await page.locator('[data-link="polling"]').waitFor();
  isBlocked = false;
  await page.getByRole("button", { name: "Try it again" }).click();
  await page.locator('[data-link="live"]').waitFor({ timeout: 20_000 });
  await page.locator(".banner", { hasText: "blocked" }).waitFor({ state: "detached" });
  await goTo(page, "/activity");
  const feed = await page.locator(".feed-line").allTextContents();
  assert.equal(new Set(feed).size, feed.length, "no record stands twice");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
