// What the page knows. Only live/apply.ts and live/session.ts write it.
import type {
  Alert, Freeze, Guest, Hold, Intent, Issue, Loop, Node, Plan, Policy, Quorum, Record, Resource, Revision, Role,
  Service, Storage, Task, Ticket, Window,
} from "../api/types";
import { GuestFigures } from "../model/figures";

/** How the page stands with the server. */
export type LinkState = "connecting" | "live" | "slow" | "lost";

export interface PassedLimit {
  issue: string;
  resource: string;
  threshold: string;
  value?: number | null;
  counts: boolean;
  since: string;
  seenAt: string;
}

/** One pass of the reconciler that this page saw. */
export interface Pass {
  /** The first this page has seen is 0. */
  number: number;
  at: string;
  millis: number;
  outcome: "ok" | "info" | "warn" | "crit";
}

export interface Me {
  user: string;
  role: Role;
}

export interface State {
  /** `undefined` while it is not known whether anybody is signed in. */
  me: Me | null | undefined;
  /** Whose session ended while the page stood open: it waits, covered, until they are back. */
  ended: string | null;
  version: string;
  /** The server speaks another version than the one this page was loaded from. */
  isOutdated: boolean;
  link: LinkState;
  /** The socket is blocked: the page asks instead, so many milliseconds apart. */
  polling: number | null;
  /** When the last message came, in this machine's clock. */
  heardAt: number;
  retryAt: number | null;
  latency: number | null;
  lostSince: number | null;
  /** Server's clock minus this machine's. */
  skew: number;
  clusters: string[];
  hasSnapshot: boolean;
  seq: number;
  /** Another one when a guest comes, goes or changes in more than figures, or a node comes, goes or is declared otherwise. */
  layout: object;
  nodes: ReadonlyMap<string, Node>;
  guests: ReadonlyMap<number, Guest>;
  figures: GuestFigures;
  storages: ReadonlyMap<string, Storage>;
  resources: ReadonlyMap<string, Resource>;
  quorum: Quorum | null;
  freeze: Freeze | null;
  loop: Loop | null;
  passes: readonly Pass[];
  plan: Plan | null;
  alerts: readonly Alert[] | null;
  /** Newest first, bounded. */
  feed: readonly Record[];
  head: number;
  side: Side | null;
  /** When it came, by this machine's clock; zero before. */
  sideAt: number;
  /** Why it could not be fetched again. */
  sideError: string | null;
}

/** What has no subscription and is fetched anew when the feed says it may have changed. */
export interface Side {
  issues: readonly Issue[];
  tickets: readonly Ticket[];
  policy: Policy;
  services: readonly Service[];
  tasks: readonly Task[];
  holds: readonly Hold[];
  intents: readonly Intent[];
  windows: readonly Window[];
  revision: Revision;
  passedLimits: readonly PassedLimit[];
}

export const FEED_LIMIT = 600;
export const PASS_LIMIT = 60;

export const empty: State = {
  me: undefined,
  ended: null,
  version: "",
  isOutdated: false,
  link: "connecting",
  polling: null,
  heardAt: 0,
  retryAt: null,
  latency: null,
  lostSince: null,
  skew: 0,
  clusters: [],
  hasSnapshot: false,
  seq: -1,
  layout: {},
  nodes: new Map(),
  guests: new Map(),
  figures: GuestFigures.none,
  storages: new Map(),
  resources: new Map(),
  quorum: null,
  freeze: null,
  loop: null,
  passes: [],
  plan: null,
  alerts: null,
  feed: [],
  head: 0,
  side: null,
  sideAt: 0,
  sideError: null,
};
