// Which commands fit what is typed.

/** The best matches: every word must be found; where it begins a word it counts more. */
export function matching<C extends { title: string }>(commands: readonly C[], text: string, limit = 12): C[] {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return commands.slice(0, limit);
  const scored = commands.flatMap((command) => {
    const title = command.title.toLowerCase();
    let score = 0;
    for (const part of parts) {
      const at = title.indexOf(part);
      if (at < 0) return [];
      score += at === 0 ? 3 : /[\s/,]/.test(title[at - 1] ?? "") ? 2 : 1;
    }
    return [{ command, score: score - title.length / 200 }];
  });
  return scored.sort((a, b) => b.score - a.score).slice(0, limit).map((one) => one.command);
}
