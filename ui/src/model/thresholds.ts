// Limits that Threshold manifests put on nodes and guests, for the ticks on bars.
import type { Resource } from "../api/types";

export interface Limits {
  cpu?: number;
  memory?: number;
  disk?: number;
  storage?: number;
  temperature?: number;
}

interface ThresholdSpec {
  on?: { kind?: string; names?: string[] };
  metric?: string;
  above?: number;
  storage?: string;
}

/** The lowest limits that apply to a resource of this kind and name. */
export function limitsOf(resources: Iterable<Resource>, kind: string, name: string): Limits {
  const limits: { [metric: string]: number } = {};
  for (const { kind: of, spec } of resources) {
    if (of !== "THRESHOLD") continue;
    const { on, metric, above } = spec as ThresholdSpec;
    if (!metric || above === undefined || on?.kind !== kind) continue;
    if (on.names && !on.names.includes(name)) continue;
    limits[metric] = Math.min(limits[metric] ?? Number.POSITIVE_INFINITY, above);
  }
  return limits;
}

/** The limit of a storage, if a threshold names it or speaks of all. */
export function storageLimit(resources: Iterable<Resource>, storage: string): number | undefined {
  let limit: number | undefined;
  for (const { kind, spec } of resources) {
    if (kind !== "THRESHOLD") continue;
    const { metric, above, storage: of } = spec as ThresholdSpec;
    if (metric !== "storage" || above === undefined || (of && of !== storage)) continue;
    limit = Math.min(limit ?? above, above);
  }
  return limit;
}
