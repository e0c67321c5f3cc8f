import { expect, test } from "vitest";
import type { Freeze, Guest, Issue, Node, Resource, ToldGuest } from "../../src/api/types";
import { inputOf } from "../../src/commands/input";
import { inGroups, matching, meant } from "../../src/commands/match";
import { pathTo } from "../../src/editor/complete";
import { Ring, drawLines, onSamples, ringOf, sample } from "../../src/live/rings";
import { announced } from "../../src/model/announced";
import { cadence } from "../../src/model/cadence";
import { countersOf, grouped as groupedSegments, orderOf, placesOf, segmentsOf } from "../../src/model/counters";
import { driftOf } from "../../src/model/drift";
import { toCsv } from "../../src/model/export";
import { bytes, countdown, dateTime, hourMinute, inLocalTime, percent, plainTrigger, span, used } from "../../src/model/format";
import { GuestFigures } from "../../src/model/figures";
import { freshness } from "../../src/model/freshness";
import { figuresFor, filtered, grouped, inOrderOf, rowsOf, saysTheSame, sorted, stepped } from "../../src/model/guests";
import { type Facts, sentence } from "../../src/model/sentence";
import { ofGuest, ofNode, ofResource } from "../../src/model/status";
import { once } from "../../src/model/once";
import { limitsOf } from "../../src/model/thresholds";
import { yamlOf } from "../../src/model/yaml";
import { freeze, guest, issue, node, plan, quorum, resource } from "./make";

const T = "\u2009";

test("numbers and ages", () => {
  expect([percent(0.344), percent(null)]).toEqual(["34%", "–"]);
  expect([bytes(999), bytes(5.61e12), bytes(128e9)]).toEqual([`999${T}B`, `5.6${T}TB`, `128${T}GB`]);
  expect(used(0.91e12, 1e12)).toBe(`0.9 / 1.0${T}TB`);
  expect([span(3), span(119), span(240), span(7300), span(41 * 86_400)]).toEqual([`3${T}s`, `119${T}s`, `4${T}min`, `2${T}h`, `41${T}d`]);
  expect([countdown(52), countdown(300), countdown(-3)]).toEqual(["0:52", "5:00", "0:00"]);
});

test("age by class of data", () => {
  expect([freshness(20, "nodes"), freshness(21, "nodes"), freshness(31, "nodes"), freshness(31, "storage")]).toEqual(["fresh", "ageing", "stale", "fresh"]);
});

test("the state of a guest takes its manifest and what is being done into account", () => {
  const declared = resource("VirtualMachine/x");
  expect(ofGuest(guest(1), declared)).toEqual({ shape: "ok", word: "running" });
  expect(ofGuest(guest(1, { status: "STOPPED", statusWord: "stopped", runStrategy: "HALTED" }), declared).word).toBe("stopped, as declared");
  expect(ofGuest(guest(1, { status: "STOPPED", statusWord: "stopped", runStrategy: "ALWAYS" }), declared).shape).toBe("warn");
  expect(ofGuest(guest(1, { unknownReason: "node silent" }), declared).shape).toBe("unknown");
  const acting: Resource = { ...declared, status: { sync: "OUT_OF_SYNC", health: "PROGRESSING", since: null, observedRevision: "", conditions: [], headline: { type: "RECONCILING", reason: "", message: "" } } };
  expect(ofGuest(guest(1, { status: "STOPPED", runStrategy: "ALWAYS" }), acting).shape).toBe("acting");
  expect(ofResource(acting).shape).toBe("acting");
});

test("a node that is away on purpose is off; one that is not has failed, and one that is not seen is not known", () => {
  const away = (change: Partial<Node>) => ofNode(node("atlas", { status: "OFFLINE", ...change }));
  expect(away({})).toEqual({ shape: "crit", word: "offline" });
  expect(away({ meantAway: "declared expected: Offline" })).toEqual({ shape: "off", word: "off, as declared" });
  expect(away({ meantAway: "declared expected: Any" })).toEqual({ shape: "off", word: "off, as declared" });
  expect(away({ meantAway: "shut down through Jarvis for anna" })).toEqual({ shape: "off", word: "off, shut down" });
  expect(away({ meantAway: "it stopped its guests in order before it left, asked by root@pam" })).toEqual({ shape: "off", word: "off, shut down" });
  expect(away({ meantAway: "declared expected: Any", status: "UNKNOWN" }).shape).toBe("unknown");
  expect(away({ meantAway: "declared expected: Any", status: "ONLINE" })).toEqual({ shape: "ok", word: "online" });
});

test("an announced start is shown for its minute, unless it will not come", () => {
  const key = "VirtualMachine/web";
  const at = Date.parse("2026-11-29T10:00:00Z");
  const starts = (seconds: number, change: Partial<Issue> = {}, declared = resource(key), state: Freeze["state"] = "OFF") =>
    announced([issue(key, { announcedAt: "2026-11-29T10:00:00Z", ...change }), issue("VirtualMachine/other")], new Map([[key, declared]]), freeze(state), at + seconds * 1000)
      .map((start) => [start.issue.resource, (start.at - at) / 1000]);
  expect(starts(0)).toEqual([[key, 60]]);
  expect(starts(59.9)).toEqual([[key, 60]]);
  expect(starts(60)).toEqual([]);
  expect(starts(0, { announcedAt: null })).toEqual([]);
  expect(starts(0, { healthySince: "2026-11-29T10:00:00Z" })).toEqual([]);
  expect(starts(0, { escalatedAt: "2026-11-29T09:00:00Z" })).toEqual([]);
  expect(starts(0, {}, resource(key, { hold: { scope: "cluster", by: "anna", reason: "", since: "2026-11-29T10:00:00Z", until: null } }))).toEqual([]);
  expect(starts(0, {}, resource(key), "ON")).toEqual([]);
});

const facts = (change: Partial<Facts> = {}): Facts => ({
  link: "live", lastSeen: null, quorum: quorum(), freeze: freeze("OFF"),
  alerts: [], issues: [], counters: { total: 48, inSync: 48, drifting: 0, unwell: 0, acting: 0, noData: 0, failed: 0, suspended: 0 }, plan: plan(),
  passed: [], ready: true, address: ", sir", waiting: 0, ...change,
});
const said = (change: Partial<Facts>) => sentence(facts(change)).parts.map((part) => part.text).join("");

test("the sentence says the gravest thing first", () => {
  expect(said({})).toBe("All quiet, sir. Everything is as you declared it.");
  const down = [issue("VirtualMachine/web-01")];
  expect(said({ issues: down, counters: { ...facts().counters, acting: 1 } })).toMatch(/^One thing needs my attention, sir. web-01 fell over at .* and I am bringing it back\.$/);
  const stopped = [issue("VirtualMachine/web-01", { announcedAt: "2026-11-30T02:56:00Z" })];
  expect(said({ issues: stopped, counters: { ...facts().counters, acting: 1 } })).toMatch(/web-01 was stopped against its manifest at .*; I start it again unless it is held\.$/);
  expect(said({ issues: down, freeze: freeze("ON") })).toBe("I am stopped and only watching.");
  expect(said({ issues: down, freeze: freeze("ON"), quorum: quorum({ quorate: false }) })).toBe("The cluster has lost quorum.");
  expect(said({ issues: down, link: "lost" })).toBe("I have lost touch.");
  expect(said({ waiting: 2 })).toBe("2 matters await your word, sir.");
  expect(said({ address: "" })).toBe("All quiet. Everything is as you declared it.");
});

test("segments: an open issue counts, many are grouped by the worst", () => {
  const all = new Map(["VirtualMachine/a", "VirtualMachine/b", "VirtualMachine/c"].map((key) => [key, resource(key)]));
  const segments = segmentsOf(orderOf(undefined, all, new Map()), all, [issue("VirtualMachine/b")]);
  expect(countersOf(segments)).toMatchObject({ total: 3, inSync: 2, drifting: 0, unwell: 1 });
  const many = Array.from({ length: 1000 }, (_, at) => ({ key: `k${at}`, shape: at === 500 ? ("crit" as const) : ("ok" as const), word: "" }));
  const groups = groupedSegments(many);
  expect(groups.length).toBeLessThanOrEqual(96);
  expect(groups.filter((one) => one.shape === "crit").length).toBe(1);
});

test("what thousands of guests say anew moves no segment and sorts nothing again", () => {
  const of = (node: string) => new Map([[1, guest(1, { resource: "VirtualMachine/b", node })], [2, guest(2, { resource: "VirtualMachine/a", node: "atlas" })]]);
  const resources = (word: string) => new Map(["VirtualMachine/a", "VirtualMachine/b"].map((key) => [key, resource(key, { name: word })]));
  const places = once(placesOf);
  const order = once(orderOf);
  const first = order(resources("x"), places(of("atlas"), new Map()));
  expect(first.keys).toEqual(["VirtualMachine/a", "VirtualMachine/b"]);
  expect(order(resources("y"), places(of("atlas"), new Map()))).toBe(first);
  expect(order(resources("y"), places(of("aaa"), new Map())).keys).toEqual(["VirtualMachine/b", "VirtualMachine/a"]);
  expect(order(new Map([...resources("y")].slice(1)), places(of("aaa"), new Map())).keys).toEqual(["VirtualMachine/b"]);
  const calls: number[] = [];
  const doubled = once((_: number | undefined, value: number) => (calls.push(value), value * 2));
  expect([doubled(2), doubled(2), doubled(3)]).toEqual([4, 4, 6]);
  expect(calls).toEqual([2, 3]);
});

test("guests: filter, order and groups over ten thousand in a moment", () => {
  const guests = new Map(Array.from({ length: 10_000 }, (_, at) => [at, guest(at, { node: `node${at % 8}`, kind: at % 3 ? "QEMU" : "LXC", status: at === 7777 ? "UNKNOWN" : "RUNNING", tags: at % 100 ? [] : ["web"] })]));
  rowsOf(guests, new Map());
  const began = process.cpuUsage();
  const rows = rowsOf(guests, new Map());
  expect(filtered(rows, "node:node3 is:vm").every((row) => row.guest.node === "node3" && row.guest.kind === "QEMU")).toBe(true);
  expect(filtered(rows, "tag:web").length).toBe(100);
  expect(filtered(rows, "guest-42").length).toBe(111);
  expect(sorted(rows, "problems", null)[0]?.guest.vmid).toBe(7777);
  expect(grouped(rows, "node").filter((line) => "heading" in line).length).toBe(8);
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(400);
});

test("limits come from threshold manifests", () => {
  const threshold = (name: string, spec: object) => resource(`Threshold/${name}`, { kind: "THRESHOLD", spec });
  const list = [
    threshold("a", { on: { kind: "Node" }, metric: "disk", above: 90 }),
    threshold("b", { on: { kind: "Node", names: ["forge"] }, metric: "disk", above: 80 }),
    threshold("c", { on: { kind: "VirtualMachine" }, metric: "memory", above: 95 }),
  ];
  expect(limitsOf(list, "Node", "forge")).toEqual({ disk: 80 });
  expect(limitsOf(list, "Node", "atlas")).toEqual({ disk: 90 });
  const chosen = [
    threshold("d", { on: { kind: "Node", names: ["for*"] }, metric: "disk", above: 70 }),
    threshold("e", { on: { kind: "Node", labels: { tier: "lab" } }, metric: "memory", above: 60 }),
  ];
  expect(limitsOf(chosen, "Node", "forge")).toEqual({ disk: 70 });
  expect(limitsOf(chosen, "Node", "atlas", [{ name: "tier", value: "lab" }])).toEqual({ memory: 60 });
});

test("a guest beyond a limit says which and by how much; others say what they did", () => {
  const full = { ...guest(1).usage, memBytes: 3.84e9 };
  const declared = (kind: string | undefined) => resource("VirtualMachine/web", { kind: kind === "LXC" ? "CONTAINER" : "VIRTUAL_MACHINE" });
  const limit = (above: number) => [resource("Threshold/m", { kind: "THRESHOLD", spec: { on: { kind: "VirtualMachine" }, metric: "memory", above } })];
  const row = (change: Partial<ToldGuest>, above: number) => {
    const one = guest(1, { usage: full, resource: "VirtualMachine/web", ...change });
    const { shape, word } = rowsOf(new Map([[1, one]]), new Map([["VirtualMachine/web", declared(change.kind)]]), limit(above), GuestFigures.none.withGuests([one]))[0] ?? { shape: "", word: "" };
    return [shape, word];
  };
  expect(row({}, 95)).toEqual(["warn", "mem 96%"]);
  expect(row({}, 97)).toEqual(["ok", "running"]);
  expect(row({ kind: "LXC" }, 95)).toEqual(["ok", "running"]);
  expect(row({ resource: null }, 95)).toEqual(["ok", "running"]);
  expect(row({ status: "STOPPED", statusWord: "stopped" }, 95)).toEqual(["off", "stopped"]);
});

test("drift as YAML: how it stands, and what is declared", () => {
  const status = { sync: "OUT_OF_SYNC" as const, health: "DEGRADED" as const, since: null, observedRevision: "", conditions: [], headline: null };
  const lines = driftOf(resource("VirtualMachine/win-lab", { spec: { vmid: 105, node: "forge", runStrategy: "Always" }, status }), guest(105, { node: "atlas", status: "STOPPED", statusWord: "stopped" }));
  expect(lines.map((line) => line.sign + line.text)).toContain("-  node: atlas");
  expect(lines.map((line) => line.sign + line.text)).toContain("+  node: forge");
  expect(lines.map((line) => line.sign + line.text)).toContain("+  runStrategy: Always");
  expect(driftOf(resource("VirtualMachine/x"), guest(1))).toEqual([]);
});

test("specs as YAML", () => {
  expect(yamlOf({ a: 1, b: [{ c: "x", d: [] }, "yes"], e: { f: null } })).toBe('a: 1\nb:\n  - c: x\n    d: []\n  - "yes"\ne:\n  f: null');
});

test("a spreadsheet takes no cell for a formula", () => {
  const row = { seq: 1, at: "t", name: "n", severity: "INFO", title: '=cmd(), "x"', hash: "h", data: {} };
  expect(toCsv([row])).toBe('seq,at,name,severity,title,detail,resource,hash\r\n1,t,n,INFO,"\'=cmd(), ""x""",,,h\r\n');
});

test("a ring forgets the oldest", () => {
  const ring = new Ring(3);
  for (const value of [1, 2, 3, 4]) ring.push(value);
  expect(ring.latest(5)).toEqual([2, 3, 4]);
  expect(ring.latest(2)).toEqual([3, 4]);
});

test("lines are drawn after the frame of their figures, once", () => {
  let drawn = 0;
  const end = onSamples(() => { drawn += 1; });
  sample([node("atlas")]);
  expect(ringOf("node/atlas/cpu").latest(9)[0]).toBeCloseTo(0.1);
  expect(drawn).toBe(0);
  drawLines();
  drawLines();
  expect(drawn).toBe(1);
  end();
});

test("the usual time between passes", () => {
  expect(cadence([0, 10, 20, 31, 90])).toBe(11);
  expect(cadence([0, 10])).toBe(null);
});

test("the palette finds what begins with what is typed first", () => {
  const command = (title: string) => ({ title, group: "Do" });
  const all = ["Shut down vm/101 web-01", "Restart vm/101 web-01", "Restart svc/nginx", "Audit"].map(command);
  expect(matching(all, "rest web").map((one) => one.title)).toEqual(["Restart vm/101 web-01"]);
  expect(matching(all, "rest")[0]?.title).toBe("Restart svc/nginx");
  expect(matching(all, "zzz")).toEqual([]);
});

test("of many guests those are looked at that fit best, in each state by themselves", () => {
  const state = (vmid: number) => (vmid % 3 === 0 ? { status: "STOPPED" as const } : vmid % 100 === 1 ? { template: true } : {});
  const many = Array.from({ length: 1000 }, (_, at) => guest(1000 + at, { name: at === 700 ? "web" : `web-server-${at}`, ...state(1000 + at) }));
  expect(meant(many, "")).toEqual([]);
  expect(meant(many, "web").length).toBe(87); // 40 that run, 40 that do not, all 7 templates
  expect(meant(many, "web")[0]?.name).toBe("web");
  expect(meant(many, "restart 1234").map((one) => one.vmid)).toEqual([1234]);
  expect(meant(many, "terminal in web-server-777").map((one) => one.vmid)).toEqual([1777]);
  expect(meant(many, "nothing of the kind")).toEqual([]);
});

test("a figure beyond its limit is told before it counts, and what only a person can mend is theirs", () => {
  expect(said({ passed: ["Node/home", "Node/atlas"] })).toBe("All quiet so far, sir. home and 1 other are beyond a limit; I watch whether it lasts.");
  expect(said({ passed: ["Node/home"] })).toBe("All quiet so far, sir. home is beyond a limit; I watch whether it lasts.");
  const full = issue("Node/home", { kind: "THRESHOLD_PASSED" });
  expect(said({ issues: [full] })).toMatch(/^One thing needs your attention, sir. home passed its limit/);
  expect(said({ issues: [full, issue("VirtualMachine/web-01")] })).toMatch(/^2 things need my attention/);
});

test("what is being done to a guest is a word, not the name of a task", () => {
  const acting = resource("VirtualMachine/web-01");
  if (acting.status?.headline) acting.status.headline.type = "RECONCILING";
  const word = (type: string) => ofGuest(guest(101, { runningTask: `UPID:atlas:0000044E:151D478F:6B0D49D3:${type}:101:root@pam!full:` }), acting).word;
  expect(["qmstart", "vzshutdown", "qmigrate", "vzmigrate", "vzdump", "qmsnapshot", "hastart", "somethingnew"].map(word)).toEqual([
    "starting", "shutting down", "moving", "moving", "being backed up", "taking a snapshot", "starting", "busy",
  ]);
});

test("a guest that is held says so and until when", () => {
  const held = (until: string | null) => resource("VirtualMachine/web-01", { hold: { scope: "cluster", by: "anna", reason: "", since: "2026-11-29T10:00:00Z", until } });
  const running = guest(101, { status: "RUNNING", statusWord: "running" });
  expect(ofGuest(running, held(null))).toEqual({ shape: "ok", word: "running, held" });
  expect(ofGuest(running, held("2026-11-29T10:31:00Z")).word).toBe(`running, held until ${hourMinute("2026-11-29T10:31:00Z")}`);
});

test("while somebody points at the list its order stays: what comes is last, what goes leaves no gap", () => {
  const state = { shape: "ok" as const, word: "" };
  const row = (vmid: number, word = "") => ({ guest: guest(vmid), resource: undefined, thresholds: [], state, ...state, word });
  const now = [row(3, "new"), row(1), row(4)];
  expect(inOrderOf([row(1), row(2), row(3)], now).map((one) => [one.guest.vmid, one.word])).toEqual([[1, ""], [3, "new"], [4, ""]]);
});

test("steps through the list go over headings and end at its ends", () => {
  const rows = rowsOf(new Map([1, 2, 3].map((vmid) => [vmid, guest(vmid, { node: vmid < 3 ? "atlas" : "forge" })])), new Map());
  const lines = grouped(rows, "node"); // atlas 1 2 forge 3
  const steps: [from: number, step: number][] = [[-1, 1], [1, 1], [2, 1], [4, 1], [4, -1], [1, -1], [1, 12], [4, -12], [2, 100_000], [-1, -1]];
  expect(steps.map(([from, step]) => stepped(lines, from, step))).toEqual([1, 2, 4, 4, 2, 1, 4, 1, 4, 1]);
  expect([stepped([], -1, 1), stepped([{ heading: "atlas", count: 0 }], -1, 1)]).toEqual([-1, -1]);
});

test("what acts stands first in the palette only where its verb is typed, and other words find things, too", () => {
  const all = [
    { title: "Restart vm/102 media", group: "Do", acts: "Restart" },
    { title: "Stop hard vm/102 media", group: "Do", acts: "Stop hard" },
    { title: "vm/102 media, details", group: "Go to" },
    { title: "Freeze: pull the kill switch", group: "Do" },
    { title: "Settings", group: "Go to", also: "tokens users" },
  ];
  const first = (text: string) => inGroups(matching(all, text), text)[0]?.title;
  expect([first("media"), first("med res"), first("hard 102"), first("tok"), first("kill")]).toEqual([
    "vm/102 media, details", "Restart vm/102 media", "Stop hard vm/102 media", "Settings", "Freeze: pull the kill switch",
  ]);
});

test("where in a manifest a line stands", () => {
  const lines = ["apiVersion: x", "kind: VirtualMachine", "spec:", "  vmid: 1", "  ready:", "    within: 2m"];
  expect(pathTo(lines, 4)).toEqual(["spec", "ready"]);
  expect(pathTo(lines, 2)).toEqual(["spec"]);
  expect(pathTo(["spec:", "  steps:", "    - action: x"], 6)).toEqual(["spec", "steps"]);
});

test("a time in a sentence of the server is on the user's clock", () => {
  const time = "2026-12-06T08:51:18.327Z";
  expect(inLocalTime(`Waits until ${time}`)).toBe(`Waits until ${dateTime(time)}`);
  expect(inLocalTime("Rejected by admin")).toBe("Rejected by admin");
});

test("what a runbook is for is said in words", () => {
  expect(plainTrigger('guest-down of {"kinds":["VirtualMachine","Container"]}')).toBe("guest-down of VirtualMachine, Container");
  expect(plainTrigger('guest-down of {"kinds":["Container"],"labels":{"tier":"lab"}}')).toBe("guest-down of Container, tier=lab");
  expect(plainTrigger("a guest that should run does not")).toBe("a guest that should run does not");
  expect(plainTrigger("of {broken")).toBe("of {broken");
});

test("rows that still hold are kept, those with new figures are judged again", () => {
  const limits = [resource("Threshold/mem", { kind: "THRESHOLD", spec: { on: { kind: "VirtualMachine" }, metric: "memory", above: 90 } })];
  const resources = new Map([["VirtualMachine/a", resource("VirtualMachine/a")]]);
  const [a, b] = [guest(1, { resource: "VirtualMachine/a" }), guest(2)];
  const guests = new Map([[1, a], [2, b]]);
  const full = (memBytes: number) => GuestFigures.none.withGuests([{ ...a, usage: { ...a.usage, memBytes } }, b]);
  const before = rowsOf(guests, resources, limits, full(1e9));
  filtered(before, "atlas");
  expect(rowsOf(guests, resources, limits, full(2e9), before)).toBe(before);
  const after = rowsOf(guests, resources, limits, full(3.9e9), before);
  expect(after[1]).toBe(before[1]);
  expect(after[0]).toMatchObject({ shape: "warn", word: "mem 98%" });
  expect(filtered(after, "98%").map((row) => row.guest.vmid)).toEqual([1]);
  expect(rowsOf(guests, resources, limits, full(1e9), after)[0]).toMatchObject({ shape: "ok", word: "running" });
  expect(rowsOf(guests, resources, [], full(3.9e9), after)[0]).toMatchObject({ shape: "ok", word: "running" });
  const gone = rowsOf(new Map([[2, b]]), resources, limits, full(1e9), after);
  expect(gone.map((row) => row.guest)).toEqual([b]);
});

test("the order by a figure begins with the highest, and what is not known stands last", () => {
  const cpu = [0.2, null, 0.7, 0.2];
  const told = cpu.map((one, vmid) => guest(vmid, { usage: { ...guest(0).usage, cpu: one } }));
  const figures = GuestFigures.none.withGuests(told);
  const rows = rowsOf(new Map(told.map((one) => [one.vmid, one])), new Map());
  expect(sorted(rows, "cpu", figures).map((row) => row.guest.vmid)).toEqual([2, 0, 3, 1]);
  expect([figuresFor("cpu", figures), figuresFor("name", figures)]).toEqual([figures, null]);
});

test("a line is drawn anew where it says something else, and only there", () => {
  const one = guest(100);
  const state = { shape: "ok" as const, word: "running" };
  const line = (change: Partial<Guest> = {}, word = "running") => ({ guest: { ...one, ...change }, resource: undefined, thresholds: [], state, ...state, word });
  const isSame = (change: Partial<Guest>) => saysTheSame(line(), line(change));
  expect(isSame({ runningTask: "UPID" })).toBe(true);
  for (const change of [{ name: "web" }, { node: "forge" }, { status: "STOPPED" as const }, { protected: true }, { unknownReason: "silent" }]) expect(isSame(change)).toBe(false);
  expect(saysTheSame(line(), line({}, "mem 96%"))).toBe(false);
  expect(saysTheSame(line(), { heading: "atlas", count: 1 })).toBe(false);
});

test("a request names whatever it is aimed at, a host of the config file too, and nothing that is for people", () => {
  const words = { verb: "Restart", target: "borg", against: "" };
  const input = inputOf({ name: "restartService", service: "borg.service", host: "backup", ...words });
  expect(input).toEqual({ name: "restartService", service: "borg.service", host: "backup" });
  expect(inputOf({ name: "rollbackSnapshot", vmid: 101, snapshot: "before", ...words })).toEqual({ name: "rollbackSnapshot", vmid: 101, snapshot: "before" });
  expect(inputOf({ name: "rebootNode", node: "forge", ...words })).toEqual({ name: "rebootNode", node: "forge" });
});
