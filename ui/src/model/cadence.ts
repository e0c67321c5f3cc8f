// How often something happens, from when it happened.

/** The median of the last intervals, seconds; null before there are two of them. */
export function cadence(times: readonly number[], last = 12): number | null {
  const recent = times.slice(-last - 1);
  const intervals = recent.slice(1).map((time, at) => time - (recent[at] ?? time));
  if (intervals.length < 2) return null;
  intervals.sort((a, b) => a - b);
  return intervals[Math.floor(intervals.length / 2)] ?? null;
}
