"use strict";
// The plain live page: signs in, subscribes over graphql-transport-ws, draws what it is told. Text is set as text.

const $ = (id) => document.getElementById(id);
const state = { me: null, nodes: new Map(), guests: new Map(), storages: new Map(), resources: new Map(), quorum: null, freeze: null, loop: null,
  plan: null, alerts: [], issues: [], tickets: new Map(), feed: [], seq: null, heard: 0, link: "connecting", at: null };

// ---- drawing ------------------------------------------------------------------------------------------------------
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const mark = (shape, word) => el("span", { class: "row" }, el("span", { class: "shape " + shape, "aria-hidden": "true" }), el("span", { class: "w-" + shape }, word));
const fill = (id, items, empty) => $(id).replaceChildren(...(items.length ? items : [empty]));
const nothing = (text) => el("li", { class: "none" }, text);
const noRow = (span, text) => el("tr", {}, el("td", { colspan: span, class: "none" }, text));
const secondsSince = (time) => (time ? Math.max(0, (serverNow() - Date.parse(time)) / 1000) : null);
let skew = 0;
const serverNow = () => Date.now() + skew;
function span(seconds) {
  if (seconds === null) return "never";
  if (seconds < 90) return Math.round(seconds) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  return seconds < 172800 ? Math.round(seconds / 3600) + " h" : Math.round(seconds / 86400) + " d";
}
function share(used, total) {
  if (used === null || used === undefined || !total) return el("span", { class: "w-unknown" }, "not known");
  const percent = Math.round((used / total) * 100);
  const fillBar = el("i");
  fillBar.style.setProperty("--share", Math.min(100, percent) + "%");
  return el("span", {}, el("span", { class: "bar", "aria-hidden": "true" }, fillBar), percent + " %");
}
const guestShape = { RUNNING: "ok", STOPPED: "off", HELD: "warn", UNKNOWN: "unknown" };
const nodeShape = { ONLINE: "ok", OFFLINE: "crit", UNKNOWN: "unknown" };
const severityShape = { INFO: "ok", WARNING: "warn", CRITICAL: "crit" };
const verdictShape = { PERMIT: "info", CONFIRM: "warn", WAIT: "unknown", REFUSE: "crit" };
const conditionShape = { READY: "ok", RECONCILING: "info", STALLED: "crit", SUSPENDED: "off", BLOCKED: "warn", ESCALATED: "crit" };
const mayAct = () => state.me && state.me.role !== "VIEWER";

let due = false;
function draw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; drawNow(); });
}
function drawNow() {
  if (!state.me) return;
  drawBar(); drawNodes(); drawGuests(); drawStorages(); drawPlan(); drawLists();
}
function drawBar() {
  $("who").textContent = state.me.user + ", " + state.me.role.toLowerCase();
  const quorum = state.quorum;
  const words = !quorum || quorum.quorate === null ? ["unknown", "quorum not known"] : quorum.quorate ? ["ok", `quorum ${quorum.onlineVotes}/${quorum.expectedVotes}`] : ["crit", "no quorum"];
  $("quorum").replaceChildren(mark(...words));
  const frozen = state.freeze && state.freeze.state !== "OFF";
  $("freeze").textContent = frozen ? "Thaw" : "Freeze";
  $("freeze").disabled = !mayAct();
  $("look").disabled = !mayAct();
  const notes = [];
  if (frozen) notes.push(`Frozen (${(state.freeze.scope || "all").toLowerCase()}) by ${state.freeze.by || "a fault"}: ${state.freeze.reason || ""}` + (state.freeze.until ? `, until ${new Date(state.freeze.until).toLocaleTimeString()}` : ""));
  if (state.link !== "live") notes.push(`Link lost. What you see is ${span((Date.now() - state.heard) / 1000)} old.`);
  if (state.loop && state.loop.actingStopped) notes.push("I cannot act: " + state.loop.actingStopped);
  $("banner").hidden = notes.length === 0;
  $("banner").textContent = notes.join("  ");
  $("sentence").textContent = sentence();
}
function sentence() {
  const unknown = [...state.guests.values()].filter((guest) => guest.status === "UNKNOWN").length;
  if (state.alerts.length) return state.alerts[0].title + (state.alerts.length > 1 ? `, and ${state.alerts.length - 1} more.` : ".");
  if (unknown) return `${unknown} guest${unknown > 1 ? "s" : ""} I cannot see at present.`;
  const waiting = state.plan ? state.plan.decisions.filter((decision) => decision.verdict.kind === "CONFIRM").length : 0;
  if (waiting) return `${waiting} matter${waiting > 1 ? "s" : ""} await${waiting > 1 ? "" : "s"} your word.`;
  if (state.issues.length) return `${state.issues.length} issue${state.issues.length > 1 ? "s" : ""} in hand.`;
  return state.loop && state.loop.ready ? "All is as you declared it." : "One moment; I am looking the place over.";
}
function ageCell(item) {
  const age = secondsSince(item.seenAt);
  return el("td", { title: item.unknownReason }, item.unknownReason ? mark("unknown", item.unknownReason) : span(age) + " ago");
}
function drawNodes() {
  fill("nodes", [...state.nodes.values()].map((node) => el("tr", { class: node.status === "UNKNOWN" ? "stale" : "" },
    el("td", {}, node.name, node.protected ? el("span", { class: "tag" }, "protected") : null), el("td", {}, mark(nodeShape[node.status], node.status.toLowerCase())),
    el("td", {}, share(node.usage.cpu, 1)), el("td", {}, share(node.usage.memBytes, node.usage.maxMemBytes)),
    el("td", {}, `${node.guestsRunning}/${node.guests}`), ageCell(node))), noRow(6, "No node seen yet."));
}
function drawGuests() {
  fill("guests", [...state.guests.values()].sort((a, b) => a.vmid - b.vmid).map(guestRow), noRow(9, "No guest seen yet."));
}
function guestRow(guest) {
  const resource = guest.resource && state.resources.get(guest.resource);
  const headline = resource && resource.status && resource.status.headline;
  const stands = resource && resource.hold ? mark("off", "held by " + resource.hold.by) : headline ? mark(conditionShape[headline.type] || "unknown", headline.type.toLowerCase()) : null;
  const can = mayAct() && state.link === "live" && !guest.template;
  const button = (word, action, on) => el("button", { type: "button", disabled: !(can && on), "aria-label": `${word} guest ${guest.vmid}`, onclick: () => requestAct(action, guest, resource) }, word);
  return el("tr", { class: guest.status === "UNKNOWN" ? "stale" : "" },
    el("td", {}, `${guest.vmid} ${guest.name || ""} `, guest.protected ? el("span", { class: "tag" }, "protected") : null, guest.template ? el("span", { class: "tag" }, "template") : null, guest.lock ? el("span", { class: "tag" }, guest.lock) : null),
    el("td", {}, guest.node), el("td", {}, mark(guestShape[guest.status], guest.statusWord)), el("td", {}, guest.runStrategy ? guest.runStrategy.toLowerCase().replaceAll("_", " ") : el("span", { class: "none" }, "not declared")),
    el("td", { title: headline ? headline.message : null }, stands), el("td", {}, guest.status === "RUNNING" ? share(guest.usage.cpu, 1) : null),
    el("td", {}, guest.status === "RUNNING" ? share(guest.usage.memBytes, guest.usage.maxMemBytes) : null), ageCell(guest),
    el("td", {}, el("span", { class: "row" }, button("Start", "startGuest", guest.status === "STOPPED"), button("Shut down", "shutdownGuest", guest.status === "RUNNING"))));
}
function drawStorages() {
  fill("storages", [...state.storages.values()].map((storage) => el("tr", {}, el("td", {}, storage.name), el("td", {}, storage.node || "shared"),
    el("td", {}, storage.active === null ? mark("unknown", storage.unknownReason || "not known") : storage.active ? mark("ok", "active") : mark("crit", "away")), el("td", {}, share(storage.usedBytes, storage.totalBytes)))), noRow(4, "No storage seen yet."));
}
function drawPlan() {
  const plan = state.plan;
  $("revision").textContent = plan && plan.revision ? plan.revision.slice(0, 8) : "";
  fill("plan", plan ? plan.decisions.map((decision) => el("li", {}, el("div", { class: "row" }, mark(verdictShape[decision.verdict.kind], decision.verdict.word), el("b", {}, decision.action.text), el("span", { class: "tag" }, decision.verdict.tier.toLowerCase()),
    decision.verdict.kind === "CONFIRM" && mayAct() ? el("button", { type: "button", onclick: () => confirmDecision(decision) }, "Approve") : null),
    decision.verdict.reason ? el("p", {}, decision.verdict.reason) : null, decision.verdict.refusal ? el("p", {}, decision.verdict.refusal.unblock) : null,
    el("p", {}, decision.evidence.join("; ")))) : [], nothing("Nothing to be done."));
  fill("report", plan ? plan.report.map((line) => el("li", {}, el("b", {}, line.subject), " " + line.text)) : [], nothing("Nothing."));
}
function drawLists() {
  fill("alerts", state.alerts.map((alert) => el("li", {}, el("div", { class: "row" }, mark(severityShape[alert.severity], alert.severity.toLowerCase()), el("b", {}, alert.title),
    alert.issue && mayAct() ? el("button", { type: "button", onclick: () => run("mutation($issue: String!) { acknowledge(issue: $issue) }", { issue: alert.issue }) }, "Acknowledge") : null), el("p", {}, alert.detail))), nothing("Nothing needs you."));
  fill("issues", state.issues.map((issue) => el("li", {}, el("div", { class: "row" }, mark(issue.escalatedAt ? "crit" : issue.healthySince ? "ok" : "warn", issue.escalatedAt ? "escalated" : issue.healthySince ? "well again" : "open"), el("b", {}, issue.resource), el("span", { class: "tag" }, `${issue.attemptsLeft} attempts left`)), el("p", {}, issue.summary))), nothing("No open issue."));
  fill("tickets", [...state.tickets.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).slice(0, 12).map(ticketLine), nothing("No request."));
  fill("feed", state.feed.slice(0, 120).map((record) => el("li", {}, el("span", { class: "row" }, el("time", { datetime: record.at }, new Date(record.at).toLocaleTimeString()), mark(severityShape[record.severity], record.title)), record.detail ? el("p", {}, record.detail) : null)), nothing("Nothing has happened yet."));
}
function ticketLine(ticket) {
  const word = ticket.outcome || ticket.state.toLowerCase().replaceAll("_", " ");
  const shape = ticket.state === "DONE" ? (ticket.outcome === "verified" ? "ok" : "crit") : ticket.state === "REFUSED" ? "crit" : ticket.state === "AWAITING_CONFIRMATION" ? "warn" : ticket.isFinal ? "off" : "info";
  const buttons = [];
  if (mayAct() && ticket.state === "QUEUED") buttons.push(el("button", { type: "button", onclick: () => run("mutation($t: String!) { recall(ticket: $t) }", { t: ticket.id }) }, "Recall"));
  if (mayAct() && ticket.state === "AWAITING_CONFIRMATION") {
    buttons.push(el("button", { type: "button", class: "danger", onclick: () => confirmTicket(ticket) }, "Confirm"));
    buttons.push(el("button", { type: "button", onclick: () => run("mutation($t: String!) { reject(ticket: $t) }", { t: ticket.id }) }, "Reject"));
  }
  return el("li", {}, el("div", { class: "row" }, mark(shape, word), el("b", {}, ticket.action.text), el("span", { class: "tag" }, ticket.origin), ...buttons),
    ticket.refusal ? el("p", {}, `${ticket.refusal.reason} ${ticket.refusal.unblock} (${ticket.refusal.code})`) : null);
}

// ---- asking -------------------------------------------------------------------------------------------------------
function ask({ title, text, label, check, yes }) {
  const dialog = $("ask");
  $("ask-title").textContent = title; $("ask-text").textContent = text || ""; $("ask-yes").textContent = yes || "Do it";
  $("ask-row").hidden = !label; $("ask-label").textContent = label || ""; $("ask-input").value = ""; $("ask-input").required = Boolean(label);
  $("ask-hold").hidden = !check; $("ask-check-label").textContent = check || ""; $("ask-check").checked = Boolean(check);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? { text: $("ask-input").value.trim(), checked: $("ask-check").checked && Boolean(check) } : null), { once: true }));
}
const TICKET = "id state isFinal origin createdAt digest typed outcome action { text } refusal { reason unblock code }";
async function requestAct(name, guest, resource) {
  const verb = name === "startGuest" ? "Start" : "Shut down";
  const against = resource && ((name === "shutdownGuest" && ["ALWAYS", "RERUN_ON_FAILURE"].includes(guest.runStrategy)) || (name === "startGuest" && guest.runStrategy === "HALTED"));
  const answer = await ask({ title: `${verb} guest ${guest.vmid}`, text: `${guest.name || "nameless"} on ${guest.node}.` + (against ? `\nIts manifest says ${guest.runStrategy.toLowerCase().replaceAll("_", " ")}.` : ""), check: against ? "Hold it for an hour, so that I do not undo it" : null, yes: verb });
  if (!answer) return;
  const data = await run(`mutation($a: ActionInput!, $h: Int) { requestAction(action: $a, holdSeconds: $h) { ${TICKET} } }`, { a: { name, vmid: guest.vmid }, h: answer.checked ? 3600 : null });
  if (data) followTicket(data.requestAction);
}
function followTicket(ticket) {
  state.tickets.set(ticket.id, ticket);
  draw();
  if (!ticket.isFinal) link.subscribe(`subscription($id: String!) { ticketUpdates(id: $id) { ${TICKET} } }`, () => ({ id: ticket.id }), (data) => { state.tickets.set(ticket.id, data.ticketUpdates); draw(); });
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
  if (state.freeze && state.freeze.state !== "OFF") {
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
    if (answer.errors) { await ask({ title: "Not done", text: answer.errors.map((error) => error.message).join("\n"), yes: "Very well" }); return null; }
    return answer.data;
  } catch { await ask({ title: "Not done", text: "The server did not answer.", yes: "Very well" }); return null; }
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
  stop() { clearTimeout(this.timer); this.operations.clear(); if (this.socket) { this.socket.onclose = null; this.socket.close(1000); } this.socket = null; this.ready = false; },
};
function setLink(word) {
  state.link = word;
  const shapes = { live: "ok", stale: "unknown", down: "crit", connecting: "unknown" };
  $("link").firstElementChild.className = "shape " + shapes[word];
  $("link-word").textContent = { live: "live", stale: "silent", down: "link lost", connecting: "connecting" }[word];
  draw();
}
setInterval(() => {
  if (!state.me) return;
  if (link.ready) link.socket.send(JSON.stringify({ type: "ping" }));
  if (link.ready && Date.now() - state.heard > 15000) setLink("stale");
  draw();
}, 5000);
setInterval(() => { if (state.me) post("/graphql", { query: "{ me { user } }" }).then(({ status }) => { if (status === 401) signedOut(); }, () => {}); }, 240000);

// ---- what is followed ---------------------------------------------------------------------------------------------
const NODE = "name status seenAt unknownReason guests guestsRunning protected usage { cpu memBytes maxMemBytes }";
const GUEST = "vmid name node status statusWord seenAt unknownReason template lock resource runStrategy protected usage { cpu memBytes maxMemBytes }";
const STORAGE = "id name node active unknownReason usedBytes totalBytes";
const RESOURCE = "key hold { by } status { headline { type message } }";
const REST = "quorum { quorate expectedVotes onlineVotes } freeze { state scope by reason until } loop { ready actingStopped }";
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
  const data = await run(`{ clusters { name } events(first: 60) { ${RECORD} } issues { ${ISSUE} } tickets { ${TICKET} } version { journalHead } }`);
  if (!data) return;
  $("cluster").textContent = data.clusters.map((cluster) => cluster.name).join(", ");
  state.feed = data.events; state.issues = data.issues; state.seq = data.version.journalHead;
  state.tickets = new Map(data.tickets.map((ticket) => [ticket.id, ticket]));
  link.subscribe(`subscription { clusterUpdates { seq at resync snapshot { ${PARTS} } delta { ${PARTS} removedNodes removedGuests removedStorages removedResources } } }`, null, takeUpdate);
  link.subscribe(`subscription { planUpdates { revision decisions { ${DECISION} } report { subject text } } }`, null, (d) => { state.plan = d.planUpdates; draw(); });
  link.subscribe("subscription { alertUpdates { id severity title detail issue } }", null, (d) => { state.alerts = d.alertUpdates; draw(); });
  link.subscribe(`subscription($after: Counter) { events(afterSeq: $after) { ${RECORD} } }`, () => ({ after: state.seq }), (d) => { state.seq = d.events.seq; state.feed.unshift(d.events); if (/issue|intent|ticket/i.test(d.events.name)) refresh(); draw(); });
  for (const ticket of data.tickets) if (!ticket.isFinal) followTicket(ticket);
  link.open();
}
const ISSUE = "key resource summary attemptsLeft escalatedAt healthySince";
let refreshing = false;
function refresh() {
  if (refreshing) return;
  refreshing = true;
  setTimeout(async () => {
    refreshing = false;
    const { answer } = await post("/graphql", { query: `{ issues { ${ISSUE} } tickets { ${TICKET} } }` }).catch(() => ({ answer: {} }));
    if (!answer.data) return;
    state.issues = answer.data.issues;
    for (const ticket of answer.data.tickets) if (state.tickets.has(ticket.id) || ticket.isFinal) state.tickets.set(ticket.id, ticket); else followTicket(ticket);
    draw();
  }, 300);
}

// ---- signing in and out -------------------------------------------------------------------------------------------
function show(signedIn) { for (const id of ["bar", "main", "sentence"]) $(id).hidden = !signedIn; $("login").hidden = signedIn; if (!signedIn) $("banner").hidden = true; }
function signedOut() { state.me = null; link.stop(); show(false); $("login").elements.password.value = ""; $("login").elements.password.focus(); }
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
