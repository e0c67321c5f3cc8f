// The one list of commands: palette, keys and help come from it, in every mode.
import { useMemo } from "react";
import type { Guest, Node, Service } from "../api/types";
import { go, open, PLACES } from "../app/places";
import { say, show } from "../live/conversation";
import { kiosk, nextMode, setPrefs, usePrefs } from "../app/prefs";
import { ui } from "../app/ui-state";
import { signOut } from "../live/session";
import { useLive } from "../live/store";
import type { Shape } from "../model/status";
import { nameOf } from "../model/format";
import { titleOf } from "../model/guests";
import { speak } from "./keyboard";
import { inGroups, matching, meant } from "./match";
import { actOn, actOnGuest, GUEST_VERBS, type GuestVerb, hold, lockReason, reconcileNow, release } from "./deeds";

export interface Command {
  id: string;
  title: string;
  group: "Do" | "Go to" | "Page" | "Ask";
  /** How grave it is at first sight, for the mark in front; the server judges. */
  shape?: Shape;
  keys?: string;
  /** What it asks the server to do, as a verb; not there where it only shows. */
  acts?: string;
  /** Other words by which it is looked for. */
  also?: string;
  run: () => void;
}

const GRAVITY: { [verb in GuestVerb]: Shape } = { start: "warn", shutdown: "warn", reboot: "warn", stop: "crit" };

export function guestCommands(guest: Guest): Command[] {
  const what = titleOf(guest);
  const verbs: GuestVerb[] = guest.template ? [] : guest.status === "RUNNING" ? ["reboot", "shutdown", "stop"] : ["start"];
  const acts: Command[] = verbs.map((verb) => ({
    id: `guest.${verb}.${guest.vmid}`, title: `${GUEST_VERBS[verb].word} ${what}`, group: "Do", shape: GRAVITY[verb],
    acts: GUEST_VERBS[verb].word, run: () => void actOnGuest(verb, guest),
  }));
  return [
    ...acts,
    { id: `guest.open.${guest.vmid}`, title: `${what}, details`, group: "Go to", run: () => open(`guest/${guest.vmid}`) },
    { id: `guest.shell.${guest.vmid}`, title: `Terminal in ${what}`, group: "Go to", run: () => go(`/shell/guest/${guest.vmid}`) },
  ];
}

export function nodeCommands(node: Node): Command[] {
  const act = (name: string, verb: string, shape: Shape): Command => ({
    id: `node.${name}.${node.name}`, title: `${verb} node ${node.name}`, group: "Do", shape, acts: verb,
    run: () => void actOn({ name, node: node.name, verb, target: `node ${node.name}` }),
  });
  const power = node.status === "ONLINE" ? [act("rebootNode", "Reboot", "crit"), act("shutdownNode", "Shut down", "crit")] : [act("wakeNode", "Wake", "warn")];
  return [
    { id: `node.open.${node.name}`, title: `Node ${node.name}, details`, group: "Go to", run: () => open(`node/${node.name}`) },
    { id: `node.shell.${node.name}`, title: `Terminal on ${node.name}`, group: "Go to", run: () => go(`/shell/node/${node.name}`) },
    ...power,
  ];
}

/** Where a service runs, as an action wants it: the node, or the guest's number. */
export function serviceTarget(service: Service): { node?: string; vmid?: number; host?: string } {
  const [kind, name] = service.host.split(" ");
  if (kind === "node" && name) return { node: name };
  if (kind === "guest" && name) return { vmid: Number(name) };
  return { host: name ?? service.host };
}

export function serviceCommands(service: Service): Command[] {
  const name = nameOf(service.resource);
  return [{
    id: `service.restart.${service.resource}`, title: `Restart svc/${name} on ${service.host}`, group: "Do", shape: "warn", acts: "Restart",
    run: () => void actOn({ name: "restartService", service: service.what, ...serviceTarget(service), verb: "Restart", target: name }),
  }];
}

function pageCommands(isFrozen: boolean): Command[] {
  return [
    ...PLACES.map(({ path, title, key, also }): Command => ({ id: `go.${path}`, title, also, group: "Go to", keys: `G ${key.toUpperCase()}`, run: () => go(path) })),
    isFrozen
      ? { id: "thaw", title: "Re-arm: release the kill switch", also: "thaw unfreeze resume", group: "Do", shape: "warn", run: () => ui.set({ thawing: true }) }
      : { id: "freeze", title: "Freeze: pull the kill switch", also: "stop everything pause", group: "Do", shape: "crit", keys: "Ctrl Shift K", run: () => ui.set({ freezing: true }) },
    { id: "look", title: "Look at cluster and repository now", group: "Do", shape: "ok", acts: "Look", run: () => void reconcileNow() },
    { id: "mode", title: "Next mode", group: "Page", keys: "M", run: nextMode },
    { id: "still", title: "Hold still: stop all motion", group: "Page", keys: "Shift M", run: () => setPrefs({ still: !usePrefs.getState().still }) },
    { id: "speak", title: "Speak to Jarvis", group: "Go to", keys: "C", run: () => requestAnimationFrame(speak) },
    { id: "new", title: "New conversation", group: "Page", run: () => { show(null); go("/chat"); } },
    { id: "keys", title: "All keys", group: "Page", keys: "?", run: () => ui.set({ keys: true }) },
    { id: "out", title: "Sign out", group: "Page", run: () => void signOut() },
  ];
}

/** What is typed, as a question: for words that name no command, or more than one word. */
function questionOf(text: string, isKnown: boolean): Command[] {
  const said = text.trim();
  if (kiosk || said.length < 3 || (isKnown && !/\s/.test(said))) return [];
  const run = () => {
    if (document.querySelector("[data-composer]") === null) go("/chat");
    void say(said);
  };
  return [{ id: "ask", title: `Ask Jarvis: “${said}”`, group: "Ask", run }];
}

function holdCommands(isHeld: boolean): Command[] {
  return [
    isHeld
      ? { id: "release.cluster", title: "Release the hold on the cluster", group: "Do", shape: "warn", acts: "Release", run: () => void release("cluster") }
      : { id: "hold.cluster", title: "Hold the cluster for an hour", group: "Do", shape: "off", acts: "Hold", run: () => void hold("cluster") },
  ];
}

/** What a wall display offers: to look, and to stop. */
const isForWall = ({ id, acts }: Command): boolean => !acts && !["thaw", "out", "speak", "new", "go./shell", "go./settings"].includes(id) && !/^(guest|node)\.shell\./.test(id);

const NO_GUESTS: ReadonlyMap<number, Guest> = new Map();

/** The commands that fit what is typed, in the order in which they are offered; of the guests only those that can be meant. */
export function useCommands(isAsked: boolean): (text: string) => Command[] {
  const guests = useLive((state) => (isAsked ? state.guests : NO_GUESTS));
  const nodes = useLive((state) => state.nodes);
  const side = useLive((state) => state.side);
  const isFrozen = useLive((state) => state.freeze !== null && state.freeze.state !== "OFF");
  return useMemo(() => {
    const held = side?.holds.some((one) => one.scope === "cluster") ?? false;
    const always = [
      ...pageCommands(isFrozen),
      ...holdCommands(held),
      ...[...nodes.values()].flatMap(nodeCommands),
      ...(side?.services ?? []).flatMap(serviceCommands),
    ];
    return (text) => {
      const all = [...always, ...meant(guests.values(), text).flatMap(guestCommands)];
      const fitting = inGroups(matching(kiosk ? all.filter(isForWall) : all, text), text);
      return [...fitting, ...questionOf(text, fitting.length > 0)];
    };
  }, [guests, nodes, side, isFrozen]);
}

/** Why a command cannot be run now, if so. */
export const blocked = (command: Command): string | false => (command.acts ? lockReason() : false);
