// What several panels derive from the store, computed once for each state.
import { useMemo } from "react";
import type { Guest, Issue, Resource } from "../api/types";
import { addressed, usePrefs } from "../app/prefs";
import { useNow } from "../live/now";
import { live, useLive } from "../live/store";
import { announced } from "../model/announced";
import { countersOf, type Order, orderOf, type Places, placesOf, type Segment, segmentsOf } from "../model/counters";
import type { GuestFigures } from "../model/figures";
import { kindOf, nameOf } from "../model/format";
import { type GuestRow, rowsOf } from "../model/guests";
import { once } from "../model/once";
import { sentence } from "../model/sentence";
import { upperLimits } from "../model/thresholds";

type Resources = ReadonlyMap<string, Resource>;
type Guests = ReadonlyMap<number, Guest>;
type List = readonly Resource[];

const places = once((before: Places | undefined, _layout: object) => placesOf(before, live.get().guests, live.get().nodes));
const order = once(orderOf);
const thresholds = once(upperLimits);
const segments = once((_: Segment[] | undefined, of: Order, resources: Resources, issues?: readonly Issue[]) => segmentsOf(of, resources, issues));
const counters = once((_: ReturnType<typeof countersOf> | undefined, of: readonly Segment[]) => countersOf(of));
const rows = once((before: readonly GuestRow[] | undefined, guests: Guests, resources: Resources, limits: List, figures: GuestFigures) => rowsOf(guests, resources, limits, figures, before));

export function useSegments() {
  const resources = useLive((state) => state.resources);
  const layout = useLive((state) => state.layout);
  const issues = useLive((state) => state.side?.issues);
  return segments(order(resources, places(layout)), resources, issues);
}

export const useCounters = () => counters(useSegments());

/** All thresholds with an upper limit; the same list while none of them changes. */
export const useThresholds = () => thresholds(useLive((state) => state.resources));

export function useGuestRows() {
  const guests = useLive((state) => state.guests);
  const resources = useLive((state) => state.resources);
  const figures = useLive((state) => state.figures);
  return rows(guests, resources, useThresholds(), figures);
}

/** Decisions of the plan and tickets that wait for a person. */
export function useWaiting() {
  const plan = useLive((state) => state.plan);
  const side = useLive((state) => state.side);
  return useMemo(() => {
    const tickets = (side?.tickets ?? []).filter((ticket) => ticket.state === "AWAITING_CONFIRMATION");
    const ids = new Set(tickets.map((ticket) => ticket.id));
    const decisions = (plan?.decisions ?? []).filter(
      (decision) => decision.verdict.kind === "CONFIRM" && !(decision.ticket && ids.has(decision.ticket)),
    );
    const queued = (side?.tickets ?? []).filter((ticket) => ticket.state === "QUEUED" || ticket.state === "RUNNING");
    return { tickets, decisions, queued, count: tickets.length + decisions.length };
  }, [plan, side]);
}

/** Starts that are announced: they wait for nobody, but can be held. While one is to come, the calm hand moves with the countdown. */
export function useAnnounced() {
  const issues = useLive((state) => state.side?.issues);
  const resources = useLive((state) => state.resources);
  const freeze = useLive((state) => state.freeze);
  const now = useNow("calm");
  return announced(issues ?? [], resources, freeze, now);
}

export function useSentence() {
  const link = useLive((state) => state.link);
  const lastSeen = useLive((state) => (state.link === "lost" ? (state.loop?.lastLookAt ?? null) : null));
  const quorum = useLive((state) => state.quorum);
  const freeze = useLive((state) => state.freeze);
  const alerts = useLive((state) => state.alerts);
  const issues = useLive((state) => state.side?.issues);
  const plan = useLive((state) => state.plan);
  const limits = useLive((state) => state.side?.passedLimits);
  const ready = useLive((state) => state.loop?.ready ?? false);
  const counters = useCounters();
  const waiting = useWaiting().count;
  const address = usePrefs((prefs) => prefs.address);
  return sentence({
    link, lastSeen, quorum, freeze, alerts: alerts ?? [], issues: issues ?? [], counters, plan, ready,
    passed: [...new Set((limits ?? []).filter((one) => !one.counts).map((one) => one.resource))],
    address: addressed(address), waiting,
  });
}

export function useResource(key: string | null | undefined): Resource | undefined {
  return useLive((state) => (key ? state.resources.get(key) : undefined));
}

/** What a resource is called on the screen: `vm/101 web-01`, `svc/nginx`. */
export function called(key: string, guests: ReadonlyMap<number, Guest>): string {
  const kind = kindOf(key);
  if (kind === "VirtualMachine" || kind === "Container") {
    for (const guest of guests.values()) {
      if (guest.resource === key) return `${guest.kind === "LXC" ? "ct" : "vm"}/${guest.vmid} ${guest.name ?? nameOf(key)}`;
    }
  }
  return kind === "Service" ? `svc/${nameOf(key)}` : nameOf(key);
}
