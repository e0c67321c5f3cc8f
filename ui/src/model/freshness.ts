// How old is too old. Age counts from the observation, by the server's clock.

export type Freshness = "fresh" | "ageing" | "stale";

/** How often each class of data is expected, seconds. */
export const EXPECTED = { nodes: 10, guests: 15, storage: 30, services: 30, loop: 15, temperature: 30 } as const;
export type DataClass = keyof typeof EXPECTED;

export function freshness(ageSeconds: number, of: DataClass): Freshness {
  const interval = EXPECTED[of];
  if (ageSeconds > 3 * interval) return "stale";
  return ageSeconds > 2 * interval ? "ageing" : "fresh";
}

interface Seen {
  seenAt?: string | null;
  unknownReason?: string | null;
}

/** When the newest of these was seen: each row says by itself when its own sample is older. */
export function newest(items: Iterable<Seen>): string | null {
  let latest: string | null = null;
  for (const { seenAt, unknownReason } of items) {
    if (seenAt && !unknownReason && (latest === null || seenAt > latest)) latest = seenAt;
  }
  return latest;
}
