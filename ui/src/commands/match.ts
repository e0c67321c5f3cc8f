// Which commands fit what is typed, and in which order they stand.

interface Matched {
  title: string;
  also?: string | undefined;
  group: string;
  acts?: string | undefined;
}

const partsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** The best matches: every word must be found; where it begins a word it counts more, where it is another word for it less. */
export function matching<C extends Matched>(commands: readonly C[], text: string, limit = 40): C[] {
  const parts = partsOf(text);
  if (parts.length === 0) return commands.slice(0, limit);
  const scored = commands.flatMap((command) => {
    const title = command.title.toLowerCase();
    const also = command.also ?? "";
    let score = 0;
    for (const part of parts) {
      const at = title.indexOf(part);
      if (at === 0) score += 3;
      else if (at > 0) score += /[\s/,]/.test(title[at - 1] ?? "") ? 2 : 1;
      else if (also.split(" ").some((word) => word.startsWith(part))) score += 0.5;
      else return [];
    }
    return [{ command, score: score - title.length / 200 }];
  });
  return scored.sort((a, b) => b.score - a.score).slice(0, limit).map((one) => one.command);
}

const ORDER = ["Do", "Go to", "Undesired", "Page", "Ask"];

/** In groups. What acts stands first only where its verb is typed: a name and Enter show, they never do. */
export function inGroups<C extends Matched>(commands: readonly C[], text: string): C[] {
  const parts = partsOf(text);
  const isAsked = (verb: string) => partsOf(verb).some((word) => parts.some((part) => word.startsWith(part)));
  const place = ({ group, acts }: C) => ORDER.indexOf(acts !== undefined && !isAsked(acts) ? "Undesired" : group);
  return [...commands].sort((a, b) => place(a) - place(b));
}
