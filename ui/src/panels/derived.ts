// What several panels derive from the store, computed once for each state.
import { useMemo, useRef } from "react";
import type { Guest, Node, Resource } from "../api/types";
import { addressed, usePrefs } from "../app/prefs";
import { useLive } from "../live/store";
import { countersOf, segmentsOf } from "../model/counters";
import { kindOf, nameOf } from "../model/format";
import { rowsOf } from "../model/guests";
import { sentence } from "../model/sentence";
import { guestThresholds } from "../model/thresholds";

function placeOf(guests: ReadonlyMap<number, Guest>, nodes: ReadonlyMap<string, Node>) {
  const places = new Map<string, string>();
  for (const guest of guests.values()) if (guest.resource) places.set(guest.resource, guest.node);
  for (const node of nodes.values()) if (node.resource) places.set(node.resource, node.name);
  return (key: string) => places.get(key) ?? `~${kindOf(key)}`;
}

export function useSegments() {
  const resources = useLive((state) => state.resources);
  const guests = useLive((state) => state.guests);
  const nodes = useLive((state) => state.nodes);
  const issues = useLive((state) => state.side?.issues);
  return useMemo(() => segmentsOf(resources, placeOf(guests, nodes), issues), [resources, guests, nodes, issues]);
}

export function useCounters() {
  const segments = useSegments();
  return useMemo(() => countersOf(segments), [segments]);
}

export function useGuestRows() {
  const guests = useLive((state) => state.guests);
  const resources = useLive((state) => state.resources);
  const found = useMemo(() => guestThresholds(resources.values()), [resources]);
  const kept = useRef(found);
  // The same thresholds stay the same list, so that rows are not made anew whenever some other resource changes.
  if (kept.current.length !== found.length || kept.current.some((one, at) => one !== found[at])) kept.current = found;
  const thresholds = kept.current;
  return useMemo(() => rowsOf(guests, resources, thresholds), [guests, resources, thresholds]);
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

export function useSentence() {
  const link = useLive((state) => state.link);
  const lastSeen = useLive((state) => (state.link === "lost" ? (state.loop?.lastLookAt ?? null) : null));
  const quorum = useLive((state) => state.quorum);
  const freeze = useLive((state) => state.freeze);
  const alerts = useLive((state) => state.alerts);
  const issues = useLive((state) => state.side?.issues);
  const plan = useLive((state) => state.plan);
  const ready = useLive((state) => state.loop?.ready ?? false);
  const counters = useCounters();
  const waiting = useWaiting().count;
  const address = usePrefs((prefs) => prefs.address);
  return sentence({
    link, lastSeen, quorum, freeze, alerts: alerts ?? [], issues: issues ?? [], counters, plan, ready,
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
