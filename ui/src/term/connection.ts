// One terminal of the server: `jarvis-terminal-v1`. Binary messages are bytes of the terminal, text is control. A
// connection that is lost comes back to the same session within a minute and gets exactly the bytes it missed. What
// stands in the way and passes by itself is waited for; the tab says so.
import { meaningOf, waitBefore } from "./patience";

export type Phase = "connecting" | "open" | "lost" | "waiting" | "ended" | "failed";

export interface Told {
  phase: Phase;
  message: string;
  hint?: string | undefined;
  code?: string | undefined;
  /** Said over a shell that goes on. */
  remark?: string | undefined;
}

export interface Output {
  /** Writes bytes and calls back once they are on the screen. */
  write(bytes: Uint8Array, done: () => void): void;
  size(): { cols: number; rows: number };
  told(told: Told): void;
}

interface Ready {
  type: "ready";
  session: string;
  resumed: boolean;
  target: string;
  user: string;
}
interface Exit {
  type: "exit";
  status?: number | null;
  signal?: string | null;
  message: string;
}
interface Failure {
  type: "error";
  code: string;
  message: string;
  hint?: string;
}
type Word = Ready | Exit | Failure;

/** How much is written before it is acknowledged: the server keeps four times as much. */
const ACK_EVERY = 64 * 1024;
const RESUME_WITHIN = 60_000;
const RETRY = 1000;
const LATE = 10_000;
const STOPPING = "JV4015";

export class Connection {
  readonly #path: string;
  readonly #output: Output;
  #socket: WebSocket | null = null;
  #session: string | null = null;
  /** Bytes received, and of those the ones on the screen. */
  #received = 0;
  #shown = 0;
  #acknowledged = 0;
  #lostAt = 0;
  #isOver = false;
  /** What stood in the way last, while it may still pass. */
  #obstacle: Failure | null = null;
  #tried = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, output: Output) {
    this.#path = path;
    this.#output = output;
  }

  open(): void {
    const { cols, rows } = this.#output.size();
    const query = new URLSearchParams({ cols: String(cols), rows: String(rows) });
    if (this.#session) {
      query.set("session", this.#session);
      query.set("after", String(this.#received));
    }
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path}?${query}`, "jarvis-terminal-v1");
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    if (!this.#obstacle) {
      this.#output.told(this.#session ? { phase: "lost", message: "Coming back" } : { phase: "connecting", message: "Connecting" });
    }
    const late = setTimeout(() => socket.close(), LATE);
    socket.onopen = () => clearTimeout(late);
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.#word(data);
      else this.#bytes(new Uint8Array(data));
    };
    socket.onclose = (event) => {
      clearTimeout(late);
      if (socket === this.#socket) this.#closed(event);
    };
  }

  type(text: string): void {
    this.#send(new TextEncoder().encode(text));
  }

  typeBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send(bytes);
  }

  resize(cols: number, rows: number): void {
    this.#send(JSON.stringify({ type: "resize", cols, rows }));
  }

  /** Tries now instead of when the wait is over. */
  hurry(): void {
    if (this.#isOver || this.#socket) return;
    clearTimeout(this.#retry);
    this.open();
  }

  /** Ends the terminal on the server, too. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#send(JSON.stringify({ type: "close" }));
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  #bytes(bytes: Uint8Array): void {
    this.#received += bytes.length;
    this.#output.write(bytes, () => {
      this.#shown += bytes.length;
      if (this.#shown - this.#acknowledged >= ACK_EVERY) this.#acknowledge();
    });
  }

  #acknowledge(): void {
    this.#acknowledged = this.#shown;
    this.#send(JSON.stringify({ type: "ack", bytes: this.#shown }));
  }

  #word(text: string): void {
    const word = JSON.parse(text) as Word;
    if (word.type === "ready") this.#ready(word);
    else if (word.type === "exit") this.#end({ phase: "ended", message: word.message });
    else if (word.type === "error") this.#failed(word);
  }

  #ready(word: Ready): void {
    if (!word.resumed) this.#begin();
    const isAnother = this.#obstacle !== null && word.session !== this.#session;
    this.#session = word.session;
    this.#lostAt = 0;
    this.#obstacle = null;
    this.#tried = 0;
    this.#output.told({ phase: "open", message: word.target, remark: isAnother ? "A new shell: the one before is gone." : undefined });
  }

  #failed(failure: Failure): void {
    const { code, message, hint } = failure;
    const meaning = meaningOf(code);
    if (meaning === "goesOn") this.#output.told({ phase: "open", message, code, remark: `${sentence(message)} ${sentence(hint ?? "")}`.trim() });
    else if (meaning === "over" || waitBefore(this.#tried) === null) this.#end({ phase: "failed", message, hint, code });
    else this.#obstacle = failure; // the socket closes now, and then the wait begins
  }

  #begin(): void {
    this.#received = 0;
    this.#shown = 0;
    this.#acknowledged = 0;
  }

  #end(told: Told): void {
    this.#isOver = true;
    this.#session = null;
    this.#output.told(told);
  }

  #closed(event: CloseEvent): void {
    this.#socket = null;
    if (this.#isOver) return;
    if (this.#obstacle) {
      this.#wait(this.#obstacle);
      return;
    }
    if (!this.#session) {
      this.#end({
        phase: "failed",
        message: "No terminal could be opened.",
        hint: event.reason || "This server may have no terminals, or you may not open one. Its log says more.",
      });
      return;
    }
    this.#lostAt ||= Date.now();
    if (Date.now() - this.#lostAt > RESUME_WITHIN) {
      this.#end({ phase: "ended", message: "The link was away for more than a minute, so the shell was ended." });
      return;
    }
    this.#output.told({ phase: "lost", message: "Link lost; the shell waits for a minute" });
    this.#retry = setTimeout(() => this.open(), RETRY);
  }

  /** Waits for what passes by itself, a little longer each time. */
  #wait(obstacle: Failure): void {
    const { code, message, hint } = obstacle;
    const wait = waitBefore(this.#tried);
    if (wait === null) {
      this.#end({ phase: "failed", message, hint, code });
      return;
    }
    // Jarvis that stops takes its shells with it.
    if (code === STOPPING) this.#session = null;
    this.#tried += 1;
    this.#output.told({ phase: "waiting", message: `${sentence(message)} I try again in ${wait / 1000}\u2009s.`, hint, code });
    this.#retry = setTimeout(() => this.open(), wait);
  }
}

/** What the server says begins small and ends without a full stop. */
function sentence(text: string): string {
  const said = text.trim();
  return said === "" ? "" : `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?]$/.test(said) ? "" : "."}`;
}
