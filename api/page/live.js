"use strict";
// The plain live page: signs in, subscribes over graphql-transport-ws, draws what it is told. Text is set as text.

const $ = (id) => document.getElementById(id);
const state = { me: null, nodes: new Map(), guests: new Map(), storages: new Map(), resources: new Map(), quorum: null, freeze: null, loop: null,
  plan: null, policy: null, alerts: [], issues: [], tickets: new Map(), feed: [], seq: null, heard: 0, link: "connecting", at: null };

// ---- drawing ------------------------------------------------------------------------------------------------------
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const svg = (tag, props, ...children) => {
  const node = document.createElementNS($("ring").namespaceURI, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const shape = (kind) => el("span", { class: "shape " + kind, "aria-hidden": "true" });
const mark = (kind, word) => el("span", { class: "row" }, shape(kind), el("span", { class: "w-" + kind }, word));
const shield = () => svg("svg", { class: "shield", viewBox: "0 0 12 14", role: "img", "aria-label": "protected" }, svg("title", {}, "protected"), svg("path", { d: "M6 1 11 3v4c0 3-2 5-5 6C3 12 1 10 1 7V3z" }));
const nothing = (text) => el("li", { class: "none" }, text);
const noRow = (span, text) => el("tr", {}, el("td", { colspan: span, class: "none" }, text));
// A button says in attributes what it does; one listener for all of them looks the rest up at that moment.
const act = (what, id, word, props) => el("button", { type: "button", "data-do": what, "data-id": id, disabled: state.link !== "live", ...props }, word);

// Puts the items into a list and leaves alone what has not changed, so that focus, selection and announcements stay.
function fill(id, items, empty) {
  const list = $(id), focused = list.contains(document.activeElement) ? document.activeElement.dataset : null;
  const old = [...list.children];
  const next = (items.length || !empty ? items : [empty]).map((fresh) => { const at = old.findIndex((node) => node.isEqualNode(fresh)); return at < 0 ? fresh : old.splice(at, 1)[0]; });
  for (const node of old) node.remove();
  let cursor = list.firstChild;
  for (const node of next) if (node === cursor) cursor = cursor.nextSibling; else list.insertBefore(node, cursor);
  if (focused && !list.contains(document.activeElement)) [...list.querySelectorAll("button")].find((button) => button.dataset.do === focused.do && button.dataset.id === focused.id)?.focus();
}
let skew = 0;
const serverNow = () => Date.now() + skew;
const secondsSince = (time) => (time ? Math.max(0, (serverNow() - Date.parse(time)) / 1000) : null);
function span(seconds) {
  if (seconds === null || seconds === undefined) return "not known";
  if (seconds < 90) return Math.round(seconds) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  return seconds < 172800 ? Math.round(seconds / 3600) + " h" : Math.round(seconds / 86400) + " d";
}
const two = (number) => String(number).padStart(2, "0");
function clock(time) { const at = new Date(time); return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`; }
const many = (number, one, more) => `${number} ${number === 1 ? one : more || one + "s"}`;
function share(used, total) {
  if (used === null || used === undefined || !total) return el("span", { class: "w-unknown" }, "not known");
  const percent = Math.round((used / total) * 100);
  const fillBar = el("i");
  fillBar.style.setProperty("--share", Math.min(100, percent) + "%");
  return el("span", {}, el("span", { class: percent >= 90 ? "bar full" : "bar", "aria-hidden": "true" }, fillBar), percent + " %");
}
// Ids of tasks and tickets are long and say little: one line, cut, whole in the title.
const LONG_ID = /UPID:|[0-9a-f]{8}-[0-9a-f]{4}-/;
const detail = (text) => (text ? el("p", {}, text.split("\n").map((line, at) => (LONG_ID.test(line) ? el("span", { class: "upid", title: line }, line) : (at ? "\n" : "") + line))) : null);
const guestShape = { RUNNING: "ok", STOPPED: "off", HELD: "warn", UNKNOWN: "unknown" };
const nodeShape = { ONLINE: "ok", OFFLINE: "crit", UNKNOWN: "unknown" };
const severityShape = { INFO: "ok", WARNING: "warn", CRITICAL: "crit" };
const verdictShape = { PERMIT: "info", CONFIRM: "warn", WAIT: "unknown", REFUSE: "crit" };
const conditionShape = { READY: "ok", RECONCILING: "info", STALLED: "crit", SUSPENDED: "off", BLOCKED: "warn", ESCALATED: "crit" };
const levels = { L0: "observe", L1: "alert", L2: "recommend", L3: "act and report", L4: "act silently" };
const strategy = (guest) => guest.runStrategy.toLowerCase().replaceAll("_", " ");
const mayAct = () => state.me && state.me.role !== "VIEWER";
const frozen = () => state.freeze && state.freeze.state !== "OFF";

let due = false, pressed = false;
function draw() {
  if (due || pressed) return;
  due = true;
  requestAnimationFrame(() => { due = false; if (state.me && !pressed) drawNow(); });
}
// Nothing is redrawn under a finger that is down: the click would be lost.
addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pressed = false; setTimeout(draw, 0); });

function drawNow() {
  $("main").classList.toggle("cut", state.link !== "live");
  drawBar(); drawAges(); drawHero(); drawNodes(); drawGuests(); drawStorages(); drawPlan(); drawDeclared(); drawLists();
}
function drawBar() {
  const quorum = state.quorum, known = quorum && quorum.quorate !== null;
  fill("quorum", [known ? quorum.quorate ? mark("ok", "Quorate") : mark("crit", "No quorum") : mark("unknown", "Quorum unknown")]);
  $("quorum-more").textContent = known ? `quorum ${quorum.onlineVotes} of ${quorum.expectedVotes} votes` : "no answer yet";
  const links = { live: ["ok", "Live"], silent: ["unknown", "Silent"], down: ["crit", "Link lost"], connecting: ["unknown", "Connecting"] };
  fill("link", [mark(...links[state.link])]);
  const policy = state.policy;
  $("level").textContent = policy ? `${policy.ceiling} ${levels[policy.ceiling]}` : "";
  $("budget").textContent = policy ? `${policy.actionsInLastHour} of ${policy.actionsPerHour}` : "";
  $("out").title = `${state.me.user}, ${state.me.role.toLowerCase()}`;
  $("freeze").textContent = frozen() ? "Thaw" : "Freeze";
  $("freeze").disabled = !mayAct() || (frozen() && state.link !== "live"); // stopping is offered even when the link is doubtful
  $("look").disabled = !mayAct() || state.link !== "live";
  const notes = [];
  if (frozen()) notes.push(`Frozen (${(state.freeze.scope || "all").toLowerCase()}) by ${state.freeze.by || "a fault"}: ${state.freeze.reason || ""}` + (state.freeze.until ? `, until ${clock(state.freeze.until)}` : ""));
  if (state.link === "down" || state.link === "silent") notes.push("Link lost: what you see is old and nothing can be asked for. I keep trying to reconnect.");
  if (state.loop && state.loop.actingStopped) notes.push("I cannot act: " + state.loop.actingStopped);
  $("banner").hidden = notes.length === 0;
  if ($("banner").textContent !== notes.join("\n")) $("banner").textContent = notes.join("\n");
}
// The oldest of what is known; what is not known says so in its own row.
const oldest = (map) => { const times = [...map.values()].filter((item) => item.seenAt && !item.unknownReason).map((item) => item.seenAt); return times.length ? times.reduce((a, b) => (a < b ? a : b)) : null; };
function drawAges() {
  const heard = (Date.now() - state.heard) / 1000, age = (time) => (time ? span(secondsSince(time)) : "");
  const ages = { nodes: age(oldest(state.nodes)), guests: age(oldest(state.guests)), storages: age(oldest(state.storages)), loop: age(state.loop && state.loop.lastLookAt), link: state.link === "live" ? "live" : span(heard) };
  const running = [...state.guests.values()].filter((guest) => guest.status === "RUNNING").length;
  const before = { guests: `${running} of ${state.guests.size} running  `, nodes: `${[...state.nodes.values()].filter((node) => node.status === "ONLINE").length} up  `, loop: "looked " };
  for (const place of document.querySelectorAll("[data-age]")) { const of = place.dataset.age; place.textContent = ages[of] ? (before[of] || "") + ages[of] : ""; }
  $("heard").textContent = `heard ${span(heard)} ago`;
  $("clock").textContent = clock(serverNow());
}

function drawHero() {
  const stands = [...state.resources.values()].filter((resource) => resource.status && resource.status.headline).map((resource) => conditionShape[resource.status.headline.type] || "unknown");
  const count = (kind) => stands.filter((stand) => stand === kind).length;
  const arc = (at) => { const from = (at / stands.length) * 2 * Math.PI, to = ((at + 0.72) / stands.length) * 2 * Math.PI, point = (angle) => `${(50 * Math.sin(angle)).toFixed(2)} ${(-50 * Math.cos(angle)).toFixed(2)}`; return `M${point(from)}A50 50 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to)}`; };
  fill("segments", stands.map((stand, at) => svg("path", { class: stand, d: arc(at) })));
  $("ring-number").textContent = stands.length ? count("ok") : "";
  $("ring-of").textContent = stands.length ? `of ${stands.length}` : "";
  const guests = [...state.guests.values()], nodes = [...state.nodes.values()], of = (all, status) => all.filter((item) => item.status === status).length;
  const unseen = of(guests, "UNKNOWN") + of(nodes, "UNKNOWN"), away = of(nodes, "OFFLINE");
  const counts = [[away ? "crit" : "ok", of(nodes, "ONLINE"), `of ${nodes.length} nodes online`], ["ok", of(guests, "RUNNING"), `of ${guests.length} guests running`], ["info", count("info"), "acting"], ["warn", count("warn"), "blocked"], ["crit", count("crit"), "beyond me"], ["off", count("off"), "suspended"], ["unknown", unseen, "no data"]];
  fill("counts", counts.filter(([, number]) => number).map(([kind, number, word]) => el("li", {}, mark(kind, `${number} ${word}`))));
  const words = sentence();
  if ($("sentence").textContent !== words) $("sentence").textContent = words;
  fill("alerts", state.alerts.map((alert) => el("li", {}, el("div", { class: "row" }, mark(severityShape[alert.severity], alert.severity.toLowerCase()), el("b", {}, alert.title), alert.issue && mayAct() ? act("acknowledge", alert.issue, "Acknowledge") : null), detail(alert.detail))));
}
function sentence() {
  if (state.link === "down" || state.link === "silent") return "I have lost touch. This is how it stood when I last heard.";
  if (state.alerts.length) return state.alerts.length > 1 ? `${state.alerts.length} matters need you.` : "One matter needs you.";
  const waiting = state.plan ? state.plan.decisions.filter((decision) => decision.verdict.kind === "CONFIRM").length : 0;
  if (waiting) return waiting > 1 ? `${waiting} matters await your word.` : "One matter awaits your word.";
  const ill = state.issues.filter((issue) => !issue.healthySince), name = (issue) => issue.resource.split("/").pop();
  if (ill.length > 1) return `${ill.length} things are not as you declared them. I am seeing to it.`;
  if (ill.length) return `${name(ill[0])} is not as you declared it. I am seeing to it.`;
  const unknown = [...state.guests.values()].filter((guest) => guest.status === "UNKNOWN").length;
  if (unknown) return `${many(unknown, "guest")} I cannot see at present.`;
  if (state.issues.length) return state.issues.length > 1 ? `${state.issues.length} things are well again. I keep an eye on them.` : `${name(state.issues[0])} is well again. I keep an eye on it.`;
  return state.loop && state.loop.ready ? "All is as you declared it." : "One moment; I am looking the place over.";
}
function drawNodes() {
  fill("nodes", [...state.nodes.values()].map((node) => el("tr", { class: node.status === "UNKNOWN" ? "stale" : null },
    el("td", { title: node.name }, node.name, node.protected ? shield() : null), el("td", { title: node.unknownReason }, mark(nodeShape[node.status], stateWord(node, node.status.toLowerCase()))),
    el("td", { class: "c2" }, share(node.usage.cpu, 1)), el("td", { class: "c2" }, share(node.usage.memBytes, node.usage.maxMemBytes)),
    el("td", { class: "c1" }, `${node.guestsRunning}/${node.guests}`), el("td", { class: "c1" }, node.status === "ONLINE" ? span(node.uptimeSeconds) : ""))), noRow(6, "No node seen yet."));
}
function stateWord(item, word) {
  if (!item.unknownReason) return word;
  return item.seenAt ? "no data " + span(secondsSince(item.seenAt)) : "no data";
}
function drawGuests() {
  fill("guests", [...state.guests.values()].sort((a, b) => a.vmid - b.vmid).map(guestRow), noRow(8, "No guest seen yet."));
}
function guestRow(guest) {
  const resource = guest.resource && state.resources.get(guest.resource);
  const headline = resource && resource.status && resource.status.headline;
  const stands = resource && resource.hold ? mark("off", "held by " + resource.hold.by) : headline ? mark(conditionShape[headline.type] || "unknown", headline.type.toLowerCase()) : null;
  const running = guest.status === "RUNNING", acting = guest.status === "STOPPED" && headline && headline.type === "RECONCILING";
  const tag = (word) => (word ? el("span", { class: "tag" }, word) : null);
  return el("tr", { class: guest.status === "UNKNOWN" ? "stale" : null },
    el("td", { title: `${guest.vmid} ${guest.name || ""}` }, el("span", { class: "id" }, String(guest.vmid)), guest.name || "", guest.protected ? shield() : null, tag(guest.lock)),
    el("td", { class: "c2" }, guest.node), el("td", { title: guest.unknownReason || (headline && headline.message) }, mark(acting ? "info" : guestShape[guest.status], stateWord(guest, guest.statusWord))),
    el("td", { class: "c4" }, guest.runStrategy ? strategy(guest) : el("span", { class: "none" }, "not declared")), el("td", { class: "c3", title: headline && headline.message }, stands),
    el("td", { class: "c3" }, running ? share(guest.usage.cpu, 1) : null), el("td", { class: "c4" }, running ? share(guest.usage.memBytes, guest.usage.maxMemBytes) : null), el("td", {}, guestButton(guest)));
}
function guestButton(guest) {
  if (guest.template) return el("span", { class: "none" }, "template");
  if (!mayAct()) return null;
  const ticket = [...state.tickets.values()].find((one) => !one.isFinal && one.action.vmid === guest.vmid);
  if (ticket && ticket.state === "QUEUED") return recallButton(ticket);
  if (ticket) return el("span", { class: "none" }, ticket.state === "RUNNING" ? "under way" : "see Requests");
  const button = (what, word) => act(what, guest.vmid, word, { "aria-label": `${word} guest ${guest.vmid}` });
  return guest.status === "STOPPED" ? button("start", "Start") : guest.status === "RUNNING" ? button("shutdown", "Shut down") : null;
}
function recallButton(ticket) {
  const left = Math.ceil((Date.parse(ticket.notBefore) - serverNow()) / 1000);
  return act("recall", ticket.id, left > 0 ? `Recall ${left} s` : "Recall", { class: "recall", "aria-label": "Recall: " + ticket.action.text });
}
function drawStorages() {
  fill("storages", [...state.storages.values()].map((storage) => el("tr", { class: storage.active === null ? "stale" : null }, el("td", { title: storage.name }, storage.name), el("td", { class: "c1" }, storage.node || "shared"),
    el("td", { title: storage.unknownReason }, storage.active === null ? mark("unknown", stateWord(storage, "not known")) : storage.active ? mark("ok", "active") : mark("crit", "away")), el("td", {}, share(storage.usedBytes, storage.totalBytes)))), noRow(4, "No storage seen yet."));
}
function drawPlan() {
  const plan = state.plan;
  $("revision").textContent = plan && plan.revision ? "revision " + plan.revision.slice(0, 8) : "";
  fill("plan", plan ? plan.decisions.map((decision) => el("li", {}, el("div", { class: "row" }, mark(verdictShape[decision.verdict.kind], decision.verdict.word), el("b", {}, decision.action.text), el("span", { class: "tag" }, decision.verdict.tier.toLowerCase()),
    decision.verdict.kind === "CONFIRM" && mayAct() ? act("approve", decision.id, "Approve") : null),
    decision.verdict.reason ? el("p", {}, decision.verdict.reason) : null, decision.verdict.refusal ? el("p", {}, decision.verdict.refusal.unblock) : null,
    el("p", {}, decision.evidence.join("; ")))) : [], nothing("Nothing to be done."));
  $("considered").hidden = !plan || !plan.report.length;
  fill("report", plan ? plan.report.map((line) => el("li", {}, el("b", {}, line.subject), " " + line.text)) : []);
}
// What is declared, what is not as it should be first.
function drawDeclared() {
  const order = ["crit", "warn", "info", "unknown", "off", "ok"];
  const lines = [...state.resources.values()].filter((resource) => resource.status && resource.status.headline).map(({ key, hold, status: { headline } }) => ({ key, hold, word: headline.type.toLowerCase(), message: headline.message, kind: conditionShape[headline.type] || "unknown" }));
  lines.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.key < b.key ? -1 : 1));
  $("declared-count").textContent = lines.length ? `${lines.filter((line) => line.kind === "ok").length} of ${lines.length} in sync` : "";
  fill("declared", lines.map((line) => el("li", {}, el("span", { class: "name", title: line.key }, el("b", {}, line.key.split("/").pop()), " ", el("span", { class: "none" }, line.key.split("/")[0])), mark(line.kind, line.hold ? "held" : line.word), el("p", { title: line.message }, line.message))), nothing("No manifest read yet."));
}
function drawLists() {
  fill("issues", state.issues.map((issue) => el("li", {}, el("div", { class: "row" }, issue.healthySince ? mark("ok", "well again") : issue.escalatedAt ? mark("crit", "beyond me") : mark("warn", "open"), el("b", {}, issue.resource), el("span", { class: "tag" }, many(issue.attemptsLeft, "attempt") + " left")), el("p", {}, issue.summary))), nothing("No open issue."));
  fill("tickets", [...state.tickets.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).slice(0, 12).map(ticketLine), nothing("No request."));
  fill("feed", state.feed.slice(0, 120).map((record) => el("li", {}, el("time", { datetime: record.at, title: record.at }, clock(record.at)), el("span", { class: "shape " + severityShape[record.severity], role: "img", "aria-label": record.severity.toLowerCase() }), el("span", { class: "text" }, record.title), detail(record.detail))), nothing("Nothing has happened yet."));
}
function ticketLine(ticket) {
  const word = ticket.outcome || ticket.state.toLowerCase().replaceAll("_", " ");
  const kind = ticket.state === "DONE" ? (ticket.outcome === "verified" ? "ok" : "crit") : ticket.state === "REFUSED" ? "crit" : ticket.state === "AWAITING_CONFIRMATION" ? "warn" : ticket.isFinal ? "off" : "info";
  const buttons = [];
  if (mayAct() && ticket.state === "QUEUED") buttons.push(recallButton(ticket));
  if (mayAct() && ticket.state === "AWAITING_CONFIRMATION") buttons.push(act("confirm", ticket.id, "Confirm", { class: "danger" }), act("reject", ticket.id, "Reject"));
  return el("li", {}, el("div", { class: "row" }, mark(kind, word), el("b", {}, ticket.action.text), el("span", { class: "tag" }, ticket.origin), ...buttons),
    ticket.refusal ? el("p", {}, `${ticket.refusal.reason} ${ticket.refusal.unblock} (${ticket.refusal.code})`) : null);
}

// ---- asking -------------------------------------------------------------------------------------------------------
function ask({ title, text, label, check, yes, only }) {
  const dialog = $("ask");
  if (dialog.open) dialog.close("no");
  $("ask-title").textContent = title; $("ask-text").textContent = text || ""; $("ask-yes").textContent = yes || "Do it"; $("ask-no").hidden = Boolean(only);
  $("ask-row").hidden = !label; $("ask-label").textContent = label || ""; $("ask-input").value = ""; $("ask-input").required = Boolean(label);
  $("ask-hold").hidden = !check; $("ask-check-label").textContent = check || ""; $("ask-check").checked = Boolean(check);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? { text: $("ask-input").value.trim(), checked: $("ask-check").checked && Boolean(check) } : null), { once: true }));
}
const tell = (title, text) => ask({ title, text, yes: "Very well", only: true });
const TICKET = "id state isFinal origin createdAt notBefore digest typed outcome action { text vmid } refusal { reason unblock code }";
const RECALL_SECS = 4; // what interrupts something can be taken back for so long
const deeds = {
  start: (id) => requestAct("startGuest", state.guests.get(Number(id))),
  shutdown: (id) => requestAct("shutdownGuest", state.guests.get(Number(id))),
  acknowledge: (id) => run("mutation($issue: String!) { acknowledge(issue: $issue) }", { issue: id }),
  recall: (id) => run("mutation($t: String!) { recall(ticket: $t) }", { t: id }),
  reject: (id) => run("mutation($t: String!) { reject(ticket: $t) }", { t: id }),
  confirm: (id) => confirmTicket(state.tickets.get(id)),
  approve: (id) => confirmDecision(state.plan.decisions.find((decision) => decision.id === id)),
};
document.addEventListener("click", (event) => { const button = event.target.closest("button[data-do]"); if (button && state.link === "live") deeds[button.dataset.do](button.dataset.id); });
async function requestAct(name, guest) {
  const stops = name === "shutdownGuest", verb = stops ? "Shut down" : "Start";
  const against = guest.resource && (stops ? ["ALWAYS", "RERUN_ON_FAILURE"].includes(guest.runStrategy) : guest.runStrategy === "HALTED");
  const answer = against ? await ask({ title: `${verb} guest ${guest.vmid}`, text: `${guest.name || "nameless"} on ${guest.node}.\nIts manifest says ${strategy(guest)}.`, check: "Hold it for an hour, so that I do not undo it", yes: verb }) : {};
  if (!answer) return;
  const data = await run(`mutation($a: ActionInput!, $h: Int, $r: Int) { requestAction(action: $a, holdSeconds: $h, recallSeconds: $r) { ${TICKET} } }`, { a: { name, vmid: guest.vmid }, h: answer.checked ? 3600 : null, r: stops ? RECALL_SECS : null });
  if (!data) return;
  followTicket(data.requestAction);
  refused(data.requestAction);
}
const refused = (ticket) => { if (ticket.refusal && ticket.state === "REFUSED") tell("I must decline: " + ticket.action.text, `${ticket.refusal.reason}\n\n${ticket.refusal.unblock}\n\n${ticket.refusal.code}`); };
function followTicket(ticket) {
  state.tickets.set(ticket.id, ticket);
  draw();
  if (ticket.isFinal) return;
  link.subscribe(`subscription($id: String!) { ticketUpdates(id: $id) { ${TICKET} } }`, () => ({ id: ticket.id }), (data) => { state.tickets.set(ticket.id, data.ticketUpdates); if (data.ticketUpdates.origin.startsWith(state.me.user)) refused(data.ticketUpdates); draw(); });
}
async function confirmTicket(ticket) {
  const answer = await ask({ title: "Confirm: " + ticket.action.text, text: "This interrupts something.", label: ticket.typed ? "Type the target's name" : null, yes: "Confirm" });
  if (answer) await run("mutation($d: String!, $t: String, $n: String) { confirm(digest: $d, ticket: $t, typed: $n) }", { d: ticket.digest, t: ticket.id, n: answer.text || null });
}
async function confirmDecision(decision) {
  const answer = await ask({ title: "Approve: " + decision.action.text, text: decision.evidence.join("\n"), label: decision.verdict.typed ? "Type the target's name" : null, yes: "Approve" });
  if (answer) await run("mutation($d: String!, $n: String) { confirm(digest: $d, typed: $n) }", { d: decision.id, n: answer.text || null });
}
async function toggleFreeze() {
  if (frozen()) {
    if (await ask({ title: "Thaw", text: "I may act again as far as you allow it.", yes: "Thaw" })) await run("mutation { thaw }");
    return;
  }
  const answer = await ask({ title: "Freeze", text: "I stop doing anything you do not confirm yourself, at once, until you thaw me.", label: "Why", yes: "Freeze" });
  if (answer) await run("mutation($r: String!) { freeze(reason: $r) { state } }", { r: answer.text });
}

// ---- HTTP ---------------------------------------------------------------------------------------------------------
async function post(path, body) {
  const response = await fetch(path, { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  return { status: response.status, answer };
}
async function run(query, variables) {
  try {
    const { status, answer } = await post("/graphql", { query, variables });
    if (status === 401) { signedOut(); return null; }
    if (answer.errors) { await tell("Not done", answer.errors.map((error) => error.message).join("\n")); return null; }
    return answer.data;
  } catch { await tell("Not done", "The server did not answer."); return null; }
}

// ---- the socket ---------------------------------------------------------------------------------------------------
const link = {
  socket: null, ready: false, next: 1, operations: new Map(), wait: 500, timer: null,
  subscribe(query, variables, take) {
    const id = String(this.next++);
    this.operations.set(id, { query, variables, take });
    if (this.ready) this.send(id);
    return id;
  },
  send(id) {
    const operation = this.operations.get(id);
    this.socket.send(JSON.stringify({ id, type: "subscribe", payload: { query: operation.query, variables: operation.variables ? operation.variables() : {} } }));
  },
  open() {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const socket = new WebSocket(scheme + location.host + "/graphql", "graphql-transport-ws");
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init" }));
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = (event) => this.closed(event.code);
  },
  take(message) {
    state.heard = Date.now();
    if (message.type === "connection_ack") { this.ready = true; this.wait = 500; setLink("live"); for (const id of this.operations.keys()) this.send(id); }
    else if (message.type === "next") { if (message.payload.data) this.operations.get(message.id)?.take(message.payload.data); }
    else if (message.type === "complete" || message.type === "error") this.operations.delete(message.id);
    else if (message.type === "ping") this.socket.send(JSON.stringify({ type: "pong" }));
    if (state.link !== "live" && this.ready) setLink("live");
  },
  closed(code) {
    this.ready = false; this.socket = null;
    if (!state.me) return;
    setLink("down");
    if (code === 4401 || code === 4403) { check(); return; }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, 10000);
  },
  drop() { this.socket.onclose = this.socket.onmessage = null; this.socket.close(); this.closed(0); },
  stop() { clearTimeout(this.timer); this.operations.clear(); if (this.socket) { this.socket.onclose = null; this.socket.close(1000); } this.socket = null; this.ready = false; },
};
function setLink(word) {
  state.link = word;
  draw();
}
// Once a second: ask whether the server is there, say within five seconds that it is not, and try anew after ten.
setInterval(() => {
  if (!state.me) return;
  const silent = Date.now() - state.heard;
  if (link.ready) link.socket.send(JSON.stringify({ type: "ping" }));
  if (silent > 10000 && link.socket && link.ready) link.drop();
  else if (silent > 3000 && state.link !== "down") setLink("silent");
  drawAges();
  draw();
}, 1000);
setInterval(() => { if (state.me) post("/graphql", { query: "{ me { user } }" }).then(({ status }) => { if (status === 401) signedOut(); }, () => {}); }, 240000);

// ---- what is followed ---------------------------------------------------------------------------------------------
const NODE = "name status seenAt unknownReason guests guestsRunning protected uptimeSeconds usage { cpu memBytes maxMemBytes }";
const GUEST = "vmid name node status statusWord seenAt unknownReason template lock resource runStrategy protected usage { cpu memBytes maxMemBytes }";
const STORAGE = "id name node active seenAt unknownReason usedBytes totalBytes";
const RESOURCE = "key hold { by } status { headline { type message } }";
const REST = "quorum { quorate expectedVotes onlineVotes } freeze { state scope by reason until } loop { ready actingStopped lastLookAt }";
const PARTS = `nodes { ${NODE} } guests { ${GUEST} } storages { ${STORAGE} } resources { ${RESOURCE} } ${REST}`;
function takeUpdate({ clusterUpdates: update }) {
  skew = Date.parse(update.at) - Date.now();
  const part = update.snapshot || update.delta;
  if (update.snapshot || update.resync) for (const map of [state.nodes, state.guests, state.storages, state.resources]) map.clear();
  if (!part) return;
  for (const node of part.nodes) state.nodes.set(node.name, node);
  for (const guest of part.guests) state.guests.set(guest.vmid, guest);
  for (const storage of part.storages) state.storages.set(storage.id, storage);
  for (const resource of part.resources) state.resources.set(resource.key, resource);
  for (const key of part.removedNodes || []) state.nodes.delete(key);
  for (const key of part.removedGuests || []) state.guests.delete(key);
  for (const key of part.removedStorages || []) state.storages.delete(key);
  for (const key of part.removedResources || []) state.resources.delete(key);
  for (const name of ["quorum", "freeze", "loop"]) if (part[name]) state[name] = part[name];
  draw();
}
const RECORD = "seq at severity title detail name";
const DECISION = "id evidence action { text } verdict { kind word tier reason typed refusal { unblock } }";
async function follow() {
  const data = await run(`{ clusters { name } events(first: 60) { ${RECORD} } issues { ${ISSUE} } tickets { ${TICKET} } policy { ${POLICY} } version { journalHead } }`);
  if (!data) return;
  document.title = "Jarvis, " + data.clusters.map((cluster) => cluster.name).join(", ");
  state.policy = data.policy; state.feed = data.events; state.issues = data.issues; state.seq = data.version.journalHead;
  state.tickets = new Map(data.tickets.map((ticket) => [ticket.id, ticket]));
  link.subscribe(`subscription { clusterUpdates { seq at resync snapshot { ${PARTS} } delta { ${PARTS} removedNodes removedGuests removedStorages removedResources } } }`, null, takeUpdate);
  link.subscribe(`subscription { planUpdates { revision decisions { ${DECISION} } report { subject text } } }`, null, (d) => { state.plan = d.planUpdates; draw(); });
  link.subscribe("subscription { alertUpdates { id severity title detail issue } }", null, (d) => { state.alerts = d.alertUpdates; draw(); });
  link.subscribe(`subscription($after: Counter) { events(afterSeq: $after) { ${RECORD} } }`, () => ({ after: state.seq }), (d) => { state.seq = d.events.seq; state.feed.unshift(d.events); if (/issue|intent|ticket/i.test(d.events.name)) refresh(); draw(); });
  for (const ticket of data.tickets) if (!ticket.isFinal) followTicket(ticket);
  link.open();
}
const POLICY = "ceiling actionsInLastHour actionsPerHour";
const ISSUE = "key resource summary attemptsLeft escalatedAt healthySince";
let refreshing = false;
function refresh() {
  if (refreshing) return;
  refreshing = true;
  setTimeout(async () => {
    refreshing = false;
    const { answer } = await post("/graphql", { query: `{ issues { ${ISSUE} } tickets { ${TICKET} } policy { ${POLICY} } }` }).catch(() => ({ answer: {} }));
    if (!answer.data) return;
    state.issues = answer.data.issues; state.policy = answer.data.policy;
    for (const ticket of answer.data.tickets) if (state.tickets.has(ticket.id) || ticket.isFinal) state.tickets.set(ticket.id, ticket); else followTicket(ticket);
    draw();
  }, 300);
}

// ---- signing in and out -------------------------------------------------------------------------------------------
function show(signedIn) { for (const id of ["bar", "main"]) $(id).hidden = !signedIn; $("login").hidden = signedIn; if (!signedIn) $("banner").hidden = true; }
function signedOut() { state.me = null; link.stop(); show(false); $("ask").close("no"); $("login").elements.password.value = ""; $("login").elements.password.focus(); }
async function check() {
  const { status, answer } = await post("/graphql", { query: "{ me { user role } }" }).catch(() => ({ status: 0, answer: {} }));
  if (status === 0) { setTimeout(check, 2000); return; }
  if (!answer.data) { signedOut(); return; }
  link.stop();
  state.me = answer.data.me; show(true); setLink("connecting"); state.heard = Date.now();
  await follow();
}
$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = $("login").elements, fresh = !$("new-row").hidden;
  $("login-error").textContent = "";
  const body = { user: fields.user.value, password: fields.password.value };
  const { status, answer } = await post(fresh ? "/auth/password" : "/auth/login", fresh ? { ...body, newPassword: fields.fresh.value } : body).catch(() => ({ status: 0, answer: {} }));
  const error = answer.errors && answer.errors[0];
  if (status === 200) { $("new-row").hidden = true; fields.fresh.value = ""; fields.password.value = ""; await check(); return; }
  if (error && error.extensions.code === "PASSWORD_CHANGE_REQUIRED") {
    $("new-row").hidden = false; fields.fresh.required = true; fields.fresh.focus();
    $("login-hint").textContent = "This password works once. Choose your own, ten characters or more.";
    return;
  }
  $("login-error").textContent = error ? error.message : "The server did not answer.";
});
$("out").addEventListener("click", async () => { await post("/auth/logout", {}).catch(() => {}); signedOut(); });
$("freeze").addEventListener("click", toggleFreeze);
$("look").addEventListener("click", () => run("mutation { reconcileNow }"));
check();
