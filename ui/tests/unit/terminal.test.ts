// The terminal's connection against a socket that does what the server does.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, type Told } from "../../src/term/connection";
import { meaningOf, waitBefore } from "../../src/term/patience";

class Socket {
  static readonly OPEN = 1;
  static made: Socket[] = [];
  readonly url: URL;
  readyState = 1;
  sent: unknown[] = [];
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor(url: string) {
    this.url = new URL(url);
    Socket.made.push(this);
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.onclose?.({ code: 1000, reason: "" });
  }
  says(word: object): void {
    this.onmessage?.({ data: JSON.stringify(word) });
  }
  bytes(text: string): void {
    this.onmessage?.({ data: new TextEncoder().encode(text).buffer });
  }
  refuses(code: string, message: string): void {
    this.says({ type: "error", code, message, hint: "wait" });
    this.onclose?.({ code: 4429, reason: "" });
  }
}

const ready = (session: string, resumed = false) => ({ type: "ready", session, resumed, target: "node/atlas", user: "root" });
const last = (): Socket => Socket.made[Socket.made.length - 1] as Socket;

function begin() {
  const told: Told[] = [];
  let screen = "";
  const connection = new Connection("/terminal/lab/atlas", {
    write: (bytes, done) => {
      screen += new TextDecoder().decode(bytes);
      done();
    },
    size: () => ({ cols: 80, rows: 24 }),
    told: (one) => told.push(one),
  });
  connection.open();
  return { connection, now: () => told[told.length - 1] as Told, screen: () => screen };
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.made = [];
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("location", { protocol: "http:", host: "jarvis.test" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("output that was lost is told, and the shell goes on", () => {
  const { now, screen, connection } = begin();
  last().says(ready("s1"));
  last().bytes("before");
  last().onclose?.({ code: 1006, reason: "" });
  expect(now().phase).toBe("lost");
  vi.advanceTimersByTime(1000);
  expect(last().url.searchParams.get("after")).toBe("6");
  last().says(ready("s1"));
  last().says({ type: "error", code: "JV4012", message: "some output was lost", hint: "nothing" });
  expect(now()).toMatchObject({ phase: "open", remark: "Some output was lost. Nothing." });
  last().bytes("after");
  expect(screen()).toBe("beforeafter");
  connection.type("x");
  expect(last().sent.length).toBe(1);
  last().onclose?.({ code: 1006, reason: "" });
  vi.advanceTimersByTime(1000);
  expect(last().url.searchParams.get("after")).toBe("5");
});

test("too many terminals: waited for, longer each time, and then given up", () => {
  const { now } = begin();
  let tries = 0;
  for (let seconds = 0; now().phase !== "failed" && seconds < 300; seconds += 1) {
    if (Socket.made.length > tries) {
      tries = Socket.made.length;
      last().refuses("JV4007", "there are 8 terminals already");
    }
    if (now().phase === "waiting") expect(now().message).toMatch(/^There are 8 terminals already\. I try again in \d+\u2009s\.$/);
    vi.advanceTimersByTime(1000);
  }
  expect(now()).toMatchObject({ phase: "failed", code: "JV4007" });
  expect(tries).toBe(9);
  vi.advanceTimersByTime(600_000);
  expect(Socket.made.length).toBe(9);
});

test("when Jarvis is restarted a new shell is opened, and that is told", () => {
  const { now } = begin();
  last().says(ready("s1"));
  last().refuses("JV4015", "Jarvis is shutting down");
  expect(now().phase).toBe("waiting");
  vi.advanceTimersByTime(1000);
  expect(last().url.searchParams.has("session")).toBe(false);
  last().onclose?.({ code: 1006, reason: "" }); // not up again yet
  expect(now().phase).toBe("waiting");
  vi.advanceTimersByTime(2000);
  last().says(ready("s2"));
  expect(now()).toMatchObject({ phase: "open", remark: "A new shell: the one before is gone." });
});

test("a person may try at once", () => {
  const { connection } = begin();
  last().refuses("JV4003", "node atlas is not reached");
  connection.hurry();
  connection.hurry();
  expect(Socket.made.length).toBe(2);
});

test("what is final ends it at once", () => {
  for (const code of ["JV4001", "JV4002", "JV4004", "JV4005", "JV4006", "JV4008", "JV4009", "JV4010", "JV4011", "JV4013", "JV4014", "JV4016", "JV9999"]) {
    const { now } = begin();
    const before = Socket.made.length;
    last().refuses(code, "no");
    expect(now().phase).toBe("failed");
    vi.advanceTimersByTime(120_000);
    expect(Socket.made.length).toBe(before);
  }
});

test("the waits outlast the minute a lost terminal keeps its place", () => {
  const waits = Array.from({ length: 20 }, (_, tried) => waitBefore(tried));
  expect(waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0)).toBeGreaterThan(60_000);
  expect(waits[19]).toBe(null);
  expect(meaningOf("JV4012")).toBe("goesOn");
});
