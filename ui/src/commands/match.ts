// Which commands fit what is typed, and in which order they stand.
import type { Guest } from "../api/types";
import { titleOf } from "../model/guests";

interface Matched {
  title: string;
  also?: string | undefined;
  group: string;
  acts?: string | undefined;
}

/** So many are shown. */
const LIMIT = 40;

const partsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** How well a title fits: every word must be found in it, or else `instead`; where it begins a word it counts more. */
function scoreOf(title: string, parts: readonly string[], instead: (part: string) => number | null): number | null {
  let score = -title.length / 200;
  for (const part of parts) {
    const at = title.indexOf(part);
    const counts = at === 0 ? 3 : at > 0 ? (" /,".includes(title.charAt(at - 1)) ? 2 : 1) : instead(part);
    if (counts === null) return null;
    score += counts;
  }
  return score;
}

/** The best of many, best first; nothing is kept of the others. */
class Foremost<T> {
  readonly #found: { one: T; score: number }[] = [];

  add(one: T, score: number | null): void {
    const found = this.#found;
    if (score === null || (found.length === LIMIT && score <= (found.at(-1)?.score ?? 0))) return;
    found.splice(found.findLastIndex((other) => other.score >= score) + 1, 0, { one, score });
    if (found.length > LIMIT) found.pop();
  }

  all(): T[] {
    return this.#found.map(({ one }) => one);
  }
}

/** The best matches; another word for a command counts less than what it is called. */
export function matching<C extends Matched>(commands: readonly C[], text: string): C[] {
  const parts = partsOf(text);
  if (parts.length === 0) return commands.slice(0, LIMIT);
  const best = new Foremost<C>();
  for (const command of commands) {
    const other = (part: string) => (command.also?.split(" ").some((word) => word.startsWith(part)) ? 0.5 : null);
    best.add(command, scoreOf(command.title.toLowerCase(), parts, other));
  }
  return best.all();
}

/** All words of a guest's commands that are not its name. */
const VERBS = "start restart shut down stop hard details terminal in";

/**
 * The guests that can be meant, those of each state that fit best: ten thousand have forty thousand commands, of which none is
 * made to be thrown away.
 */
export function meant(guests: Iterable<Guest>, text: string): Guest[] {
  const parts = partsOf(text);
  if (parts.length === 0) return [];
  const verb = (part: string) => (VERBS.includes(part) ? 0 : null);
  const best = new Map<string, Foremost<Guest>>();
  for (const guest of guests) {
    const state = guest.template ? "TEMPLATE" : guest.status;
    const ofState = best.get(state) ?? new Foremost<Guest>();
    best.set(state, ofState);
    ofState.add(guest, scoreOf(titleOf(guest).toLowerCase(), parts, verb));
  }
  return [...best.values()].flatMap((one) => one.all());
}

const ORDER = ["Do", "Go to", "Undesired", "Page", "Ask"];

/** In groups. What acts stands first only where its verb is typed: a name and Enter show, they never do. */
export function inGroups<C extends Matched>(commands: readonly C[], text: string): C[] {
  const parts = partsOf(text);
  const isAsked = (verb: string) => partsOf(verb).some((word) => parts.some((part) => word.startsWith(part)));
  const place = ({ group, acts }: C) => ORDER.indexOf(acts !== undefined && !isAsked(acts) ? "Undesired" : group);
  return [...commands].sort((a, b) => place(a) - place(b));
}
