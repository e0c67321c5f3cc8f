// Where the socket is blocked the picture is asked for again and again: older, dearer, but true.
import { PictureDocument, PictureGuestsDocument, PictureResourcesDocument } from "../api/generated/graphql";
import { ask } from "../api/http";
import type { Record, ToldGuest } from "../api/types";
import type { ClusterUpdate } from "./apply";
import { live } from "./store";

export interface PollEvents {
  /** The whole picture, the records since the last one, and the wait until the next. */
  came(update: ClusterUpdate, records: readonly Record[], wait: number): void;
  failed(): void;
}

/** So many guests are fetched at most: more would take longer than they stay true. */
const PAGES = 40;

export class Poll {
  /** Milliseconds between two pictures; more where one takes long. */
  static readonly LEAST = 3000;
  readonly #events: PollEvents;
  readonly #also = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  #isOn = false;

  constructor(events: PollEvents) {
    this.#events = events;
  }

  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#turn += 1;
    void this.#look(this.#turn);
  }

  stop(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  also(look: () => void): () => void {
    this.#also.add(look);
    return () => this.#also.delete(look);
  }

  async #look(turn: number): Promise<void> {
    const began = performance.now();
    let wait = Poll.LEAST;
    try {
      const { update, records } = await picture();
      if (!this.#isOn || turn !== this.#turn) return;
      wait = Math.max(Poll.LEAST, (performance.now() - began) * 4);
      this.#events.came(update, records, wait);
      for (const look of this.#also) look();
    } catch {
      if (!this.#isOn || turn !== this.#turn) return;
      this.#events.failed();
    }
    this.#timer = setTimeout(() => void this.#look(turn), wait);
  }
}

async function picture(): Promise<{ update: ClusterUpdate; records: readonly Record[] }> {
  const { head, seq } = live.get();
  const [most, rest, guests] = await Promise.all([ask(PictureDocument, { after: head }), ask(PictureResourcesDocument), allGuests()]);
  const { nodes, storage, quorum, freeze, clusters, alerts, events, version } = most;
  const loop = clusters[0]?.loop;
  if (!loop) throw new Error("no cluster is named");
  live.set({ plan: rest.plan, alerts });
  const snapshot = { nodes, guests, storages: storage, resources: rest.resources, quorum, freeze, loop };
  return { update: { seq: seq + 1, at: version.now, resync: false, version: 0, delta: null, snapshot }, records: events };
}

async function allGuests(): Promise<ToldGuest[]> {
  const all: ToldGuest[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const { guests }: { guests: { nodes: ToldGuest[]; pageInfo: { endCursor?: string | null; hasNextPage: boolean } } } = await ask(PictureGuestsDocument, { after });
    all.push(...guests.nodes);
    after = guests.pageInfo.endCursor ?? null;
    if (!guests.pageInfo.hasNextPage || !after) break;
  }
  return all;
}
