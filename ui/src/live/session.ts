// Brings the link, the store and the log-in together.
import { ApiError, ask, onSignedOut, post } from "../api/http";
import {
  AlertUpdatesDocument, ClusterUpdatesDocument, EventsDocument, FreezeUpdatesDocument, HistoriesDocument, MeDocument,
  PlanUpdatesDocument, SideDocument, StartDocument,
} from "../api/generated/graphql";
import type { Record } from "../api/types";
import { note } from "../app/ui-state";
import { span } from "../model/format";
import { applyRecords, applyUpdates, type ClusterUpdate, hurryOf } from "./apply";
import { Batch } from "./batch";
import { Link } from "./link";
import { isCalm, moveSoon, onMove } from "./now";
import { Poll } from "./poll";
import { drawLines, onFresh, sample, sampleGuests, seed } from "./rings";
import { empty } from "./state";
import { live } from "./store";

const SIDE_AFTER = 150;
const SIDE_EVERY = 15_000;
const SESSION_EVERY = 240_000;

interface Arrived {
  update: ClusterUpdate;
  at: number;
}

const updates = new Batch<Arrived>((items) => {
  const applied = applyUpdates(live.get(), items.map((item) => item.update), items.at(-1)?.at ?? Date.now());
  if (applied.gap) link.restart();
  else {
    const { guests, figures } = { ...live.get(), ...applied.state };
    if (figures !== live.get().figures) sampleGuests(guests, figures);
    sample(applied.sampled);
    live.set(applied.state);
    // Before the first look the picture is empty, and the one after it is as large as the cluster.
    if (live.get().loop?.ready) link.settle();
  }
});

/** Takes an update to be seen at once, or with what else is drawn soon. */
function arrived(update: ClusterUpdate): void {
  const hurry = hurryOf(live.get(), update);
  if (hurry === "second") moveSoon();
  updates.push({ update, at: Date.now() }, hurry === "second" ? (isCalm() ? "whenever" : "rest") : hurry);
}

const records = new Batch<Record>((items) => {
  live.set(applyRecords(live.get(), items));
  refreshSoon();
});

/** Whether this connection has given its first picture. */
let isFollowing = false;

const link = new Link({
  connected: (open) => void begin(open),
  heard: (at) => {
    const { link: state, hasSnapshot } = live.get();
    const isBack = isFollowing && hasSnapshot && (state === "slow" || state === "lost");
    live.set(isBack ? { heardAt: at, link: "live", retryAt: null, lostSince: null } : { heardAt: at });
  },
  latency: (latency) => live.set({ latency }),
  slow: () => live.get().link === "live" && live.get().polling === null && live.set({ link: "slow" }),
  lost: (retryAt) => {
    if (retryAt !== null) isFollowing = false;
    if (live.get().polling === null) lose(retryAt);
  },
  // Asking works where nothing else stands in the way than a proxy that knows no sockets.
  blocked: () => void startFeed().then(() => live.get().me && poll.start()),
  sessionOver: () => void checkSession().then(() => live.get().me && link.restart()),
});

function lose(retryAt: number | null): void {
  live.set({ link: "lost", retryAt, lostSince: live.get().lostSince ?? Date.now() });
}

const poll = new Poll({
  came: (update, fresh, wait) => {
    arrived(update);
    updates.flush();
    for (const record of fresh) records.push(record);
    live.set({ polling: wait, heardAt: Date.now(), latency: null });
    if (live.get().link !== "live") back();
  },
  failed: () => lose(Date.now() + Poll.LEAST),
});

/** Calls `look` whenever the page has asked anew because the socket is blocked. */
export const onPoll = (look: () => void): (() => void) => poll.also(look);

type Follower = (open: Link) => void;
const followers = new Set<Follower>();

/** Calls `follow` on the present connection, if there is one, and on each that comes. */
export function onConnection(follow: Follower): () => void {
  followers.add(follow);
  if (link.isUp) follow(link);
  return () => followers.delete(follow);
}

/** The latest records, once; what comes after them is followed. */
async function startFeed(): Promise<void> {
  if (live.get().head > 0) {
    void checkSession();
    return;
  }
  try {
    const start = await ask(StartDocument);
    const names = start.clusters.map((cluster) => cluster.name);
    live.set({ clusters: names, feed: start.events, head: start.version.journalHead, version: start.version.version });
    document.title = `Jarvis, ${names.join(", ")}`;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "UNAUTHENTICATED")) console.warn("the feed could not be read", error);
  }
}

/** Follows everything on a fresh connection. */
async function begin(open: Link): Promise<void> {
  poll.stop();
  live.set({ polling: null });
  updates.clear();
  records.clear();
  live.set({ seq: -1 });
  isFollowing = false;
  let first = true;
  open.follow(ClusterUpdatesDocument, {}, ({ clusterUpdates }) => {
    arrived(clusterUpdates);
    if (!first) return;
    first = false;
    updates.flush();
    isFollowing = true;
    back();
  });
  open.follow(PlanUpdatesDocument, {}, ({ planUpdates }) => {
    live.set({ plan: planUpdates });
    refreshSoon();
  });
  open.follow(AlertUpdatesDocument, {}, ({ alertUpdates }) => live.set({ alerts: alertUpdates }));
  for (const follow of followers) follow(open);
  open.follow(FreezeUpdatesDocument, {}, ({ freezeUpdates }) => live.set({ freeze: freezeUpdates }));
  await startFeed();
  open.follow(EventsDocument, { after: live.get().head }, ({ events }) => records.push(events));
  void refreshSide();
}

const SEED_POINTS = 60;
const SEED_LIMIT = 32;

/** What the server kept, so that a line does not begin with nothing. */
async function seedRings(keys: readonly string[]): Promise<void> {
  try {
    for (let at = 0; at < keys.length; at += SEED_LIMIT) {
      const { histories } = await ask(HistoriesDocument, { series: keys.slice(at, at + SEED_LIMIT), points: SEED_POINTS });
      for (const { series: key, points } of histories) seed(key, points.map((point) => point.value));
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function back(): void {
  const { lostSince } = live.get();
  live.set({ link: "live", retryAt: null, lostSince: null });
  if (lostSince !== null) note("ok", `Back after ${span((Date.now() - lostSince) / 1000)}`, "Everything you see is fresh again.");
}

let soon: ReturnType<typeof setTimeout> | undefined;
let asking = false;
let isWanted = false;

/** Fetches what has no subscription, once, shortly after the first reason to; a reason that comes meanwhile is one to fetch again. */
export function refreshSoon(): void {
  soon ??= setTimeout(() => {
    soon = undefined;
    void refreshSide();
  }, SIDE_AFTER);
}

async function refreshSide(): Promise<void> {
  if (!live.get().me) return;
  if (asking) {
    isWanted = true;
    return;
  }
  asking = true;
  try {
    const side = await ask(SideDocument);
    live.set({ side, sideAt: Date.now(), sideError: null });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    live.set({ sideError: error.told });
  } finally {
    asking = false;
    if (isWanted) refreshSoon();
    isWanted = false;
  }
}

/** Whether somebody is signed in; starts following if so. */
export async function checkSession(): Promise<void> {
  try {
    const { me, version } = await ask(MeDocument);
    const { me: before, version: known } = live.get();
    const isOutdated = known !== "" && known !== version.version;
    // Another person sees nothing of what stood open.
    if (live.get().ended !== null && live.get().ended !== me.user) live.set(empty);
    live.set({ me: { user: me.user, role: me.role }, ended: null, version: known || version.version, isOutdated });
    if (before?.user !== me.user) {
      link.stop();
      link.start();
    }
  } catch (error) {
    if (error instanceof ApiError && error.code === "UNAUTHENTICATED") return;
    setTimeout(() => void checkSession(), 2000);
  }
}

function forget(): void {
  link.stop();
  poll.stop();
  live.set({ ...empty, me: null });
}

/** The session ended by itself: what stands on the page stays, out of sight, for who signs in again. */
function cover(): void {
  const { me, ended } = live.get();
  if (!me) {
    if (ended === null) forget();
    return;
  }
  link.stop();
  poll.stop();
  live.set({ me: null, ended: me.user, link: "lost", polling: null, retryAt: null });
}

export function start(): void {
  onSignedOut(cover);
  onMove(() => {
    updates.bring();
    drawLines();
  });
  onFresh((keys) => void seedRings(keys));
  void checkSession();
  setInterval(() => live.get().link === "live" && !document.hidden && void refreshSide(), SIDE_EVERY);
  setInterval(() => live.get().me && void checkSession(), SESSION_EVERY);
}

export const retryNow = link.retryNow;

export interface LogIn {
  user: string;
  password: string;
  newPassword?: string;
}

/** Signs in, with a new password if the present one works only once. Returns what the server objects to. */
export async function signIn(form: LogIn): Promise<ApiError | null> {
  const path = form.newPassword === undefined ? "/auth/login" : "/auth/password";
  try {
    const { status, answer } = await post(path, form);
    if (status === 200) {
      await checkSession();
      return null;
    }
    const first = answer.errors?.[0];
    return new ApiError(first?.message ?? `Jarvis answered ${status}.`, first?.extensions?.code ?? "INTERNAL");
  } catch {
    return new ApiError("Jarvis did not answer. Is it running?", "UNREACHABLE");
  }
}

export async function signOut(): Promise<void> {
  await post("/auth/logout", {}).catch(() => undefined);
  forget();
}
