// One WebSocket, graphql-transport-ws. A client lives as long as its connection: after a loss everything begins anew
// with a fresh picture, so nothing old can come back and nothing comes twice.
import { createClient, type Client } from "graphql-ws";
import type { TypedDocumentString } from "../api/generated/graphql";

/** Says nothing for so long: slow, then lost. The server answers a ping every two seconds. */
const PING_EVERY = 2000;
const SLOW_AFTER = 3000;
const LOST_AFTER = 4500;
/** Only then is the silent connection given up: it may be a busy server or a large message on a slow line. */
const DROP_AFTER = 12_000;
/** The first picture of a large cluster may take longer, and nothing else comes while it is on its way. */
const PATIENCE = 45_000;
const WAIT_MIN = 1000;
const WAIT_MAX = 30_000;
/** After so many connections that never came about something may be in the way of all of them. */
const BLOCKED_AFTER = 2;
/** Close codes after which it is asked whether the session still stands. */
const SESSION_OVER = new Set([4401, 4403]);

export interface LinkEvents {
  connected(link: Link): void;
  heard(at: number): void;
  latency(millis: number): void;
  slow(): void;
  /** Nothing comes; without a time the present connection may still come back. */
  lost(retryAt: number | null): void;
  sessionOver(): void;
  /** No connection came about, more than once: something may be in the way. */
  blocked(): void;
}

export class Link {
  readonly #events: LinkEvents;
  #client: Client | null = null;
  #heardAt = 0;
  #pingedAt = 0;
  #wait = WAIT_MIN;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #up = false;
  /** Connections in a row that never came about. */
  #failures = 0;
  #stopped = true;
  #isPatient = true;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  start(): void {
    this.#stopped = false;
    this.#watch = setInterval(() => this.#look(), 500);
    window.addEventListener("online", this.retryNow);
    document.addEventListener("visibilitychange", this.#visible);
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    window.removeEventListener("online", this.retryNow);
    document.removeEventListener("visibilitychange", this.#visible);
    this.#drop();
  }

  /** Whether a connection stands, and who waits for one was called. */
  get isUp(): boolean {
    return this.#up;
  }

  /** The first picture is there: from now on silence counts. */
  settle(): void {
    this.#isPatient = false;
  }

  /** Tries at once instead of when the wait is over. */
  readonly retryNow = (): void => {
    const isHealthy = this.#up && Date.now() - this.#heardAt < LOST_AFTER;
    if (this.#stopped || isHealthy || (this.#up && this.#isPatient)) return;
    this.#wait = WAIT_MIN;
    this.#open();
  };

  /** Ends the connection and makes a new one: for a gap in what was received. */
  restart(): void {
    if (this.#stopped) return;
    this.#drop();
    this.#open();
  }

  /** Follows a subscription until the connection or the returned function ends it; `refused` when the server does. */
  follow<T, V extends { [key: string]: unknown }>(
    document: TypedDocumentString<T, V>,
    variables: V,
    take: (data: T) => void,
    refused?: () => void,
  ): () => void {
    const client = this.#client;
    if (!client) return () => undefined;
    return client.subscribe<T>(
      { query: document.toString(), variables },
      {
        next: (result) => {
          if (result.data && client === this.#client) take(result.data);
          else if (result.errors && client === this.#client) refused?.();
        },
        error: (error) => {
          // An array is the server's own answer; anything else is a lost connection.
          if (refused && Array.isArray(error)) refused();
          else console.warn("a subscription ended", error);
        },
        complete: () => undefined,
      },
    );
  }

  readonly #visible = (): void => {
    if (!document.hidden) {
      this.#look();
      this.retryNow();
    }
  };

  #open(): void {
    clearTimeout(this.#retry);
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const client: Client = createClient({
      url: `${scheme}//${location.host}/graphql`,
      lazy: false,
      retryAttempts: 0,
      keepAlive: PING_EVERY,
      onNonLazyError: () => undefined,
      on: {
        connected: () => client === this.#client && this.#connected(),
        message: () => client === this.#client && this.#heard(),
        ping: (received) => {
          if (!received) this.#pingedAt = performance.now();
        },
        pong: (received) => {
          if (received && client === this.#client) this.#events.latency(performance.now() - this.#pingedAt);
        },
        closed: (event) => {
          if (client === this.#client) this.#closed(codeOf(event));
        },
      },
    });
    this.#client = client;
    this.#isPatient = true;
    this.#heardAt = Date.now();
  }

  #connected(): void {
    this.#up = true;
    this.#failures = 0;
    this.#wait = WAIT_MIN;
    this.#heard();
    this.#events.connected(this);
  }

  #heard(): void {
    this.#heardAt = Date.now();
    this.#events.heard(this.#heardAt);
  }

  /** Silence is a loss, too: a cable that was pulled closes no socket. */
  #look(): void {
    if (this.#stopped || !this.#client) return;
    const silent = Date.now() - this.#heardAt;
    const isWaiting = this.#up && this.#isPatient;
    if (silent > (isWaiting ? PATIENCE : DROP_AFTER)) {
      this.#drop();
      this.#closed(0);
    } else if (isWaiting) return;
    else if (silent > LOST_AFTER) this.#events.lost(null);
    else if (silent > SLOW_AFTER && this.#up) this.#events.slow();
  }

  #closed(code: number): void {
    this.#client = null;
    this.#failures += this.#up ? 0 : 1;
    this.#up = false;
    if (this.#stopped) return;
    if (SESSION_OVER.has(code)) {
      this.#events.sessionOver();
      return;
    }
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, WAIT_MAX);
    this.#events.lost(Date.now() + wait);
    if (this.#failures >= BLOCKED_AFTER) this.#events.blocked();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    this.#up = false;
    if (client) {
      client.terminate();
      void client.dispose();
    }
  }
}

function codeOf(event: unknown): number {
  return typeof event === "object" && event !== null && "code" in event && typeof event.code === "number"
    ? event.code
    : 0;
}
