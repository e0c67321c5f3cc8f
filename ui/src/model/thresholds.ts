// Limits that Threshold manifests put on nodes and guests, for the ticks on bars.
import type { Guest, Resource } from "../api/types";
import type { Column, GuestFigures } from "./figures";
import { percent, share } from "./format";

export interface Limits {
  cpu?: number;
  memory?: number;
  disk?: number;
  storage?: number;
  temperature?: number;
}

interface ThresholdSpec {
  on?: { kind?: string; names?: string[]; labels?: { [name: string]: string } };
  metric?: string;
  above?: number;
  storage?: string;
}

/** Thresholds with an upper limit; the same list as before while they are the same. */
export function upperLimits(before: readonly Resource[] | undefined, resources: ReadonlyMap<string, Resource>): readonly Resource[] {
  const found: Resource[] = [];
  for (const resource of resources.values()) {
    const { metric, above } = resource.spec as ThresholdSpec;
    if (resource.kind === "THRESHOLD" && metric !== undefined && above !== undefined) found.push(resource);
  }
  return before?.length === found.length && before.every((one, at) => one === found[at]) ? before : found;
}

/** The lowest limits that apply to a resource of this kind, name and labels. */
export function limitsOf(thresholds: readonly Resource[], kind: string, name: string, labels: Resource["labels"] = []): Limits {
  const limits: { [metric: string]: number } = {};
  for (const { spec } of thresholds) {
    const { on, metric, above } = spec as ThresholdSpec;
    if (!metric || above === undefined || on?.kind !== kind || !isMeant(on, name, labels)) continue;
    limits[metric] = Math.min(limits[metric] ?? Number.POSITIVE_INFINITY, above);
  }
  return limits;
}

function isMeant(on: ThresholdSpec["on"], name: string, labels: Resource["labels"]): boolean {
  if (on?.names && !on.names.some((pattern) => fits(pattern, name))) return false;
  return Object.entries(on?.labels ?? {}).every(([key, value]) => labels.some((label) => label.name === key && label.value === value));
}

/** `*` stands for any letters. */
function fits(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

const made = new WeakMap<Resource, { of: readonly Resource[]; limits: Limits }>();

/** The limits of a declared guest, worked out once for each set of thresholds. */
function limitsOfGuest(resource: Resource, thresholds: readonly Resource[]): Limits {
  const known = made.get(resource);
  if (known?.of === thresholds) return known.limits;
  const kind = resource.kind === "CONTAINER" ? "Container" : "VirtualMachine";
  const limits = limitsOf(thresholds, kind, resource.name, resource.labels);
  made.set(resource, { of: thresholds, limits });
  return limits;
}

/** "mem 96%" for a running guest beyond a limit of its own; null when it is within all of them. */
export function beyond(guest: Guest, resource: Resource | undefined, thresholds: readonly Resource[], figures: GuestFigures): string | null {
  if (!resource || thresholds.length === 0 || guest.status !== "RUNNING" || guest.unknownReason) return null;
  const limits = limitsOfGuest(resource, thresholds);
  const of = (column: Column) => figures.get(guest.vmid, column);
  return (
    over("mem", share(of("memBytes"), of("maxMemBytes")), limits.memory) ??
    // Proxmox does not know how full the disk of a virtual machine is, and says 0.
    over("disk", of("diskBytes") ? share(of("diskBytes"), of("maxDiskBytes")) : null, limits.disk) ??
    over("cpu", of("cpu"), limits.cpu)
  );
}

function over(what: string, value: number | null, limit: number | undefined): string | null {
  return value !== null && limit !== undefined && value * 100 > limit ? `${what} ${percent(value)}` : null;
}

/**
 * Where no threshold is declared a storage counts as nearly full above this share, in percent: the one above which Proxmox
 * itself draws its gauges red (`criticalThreshold` of its info widget).
 */
export const NEARLY_FULL_PERCENT = 90;

/** The limit of a storage, if a threshold names it or speaks of all. */
export function storageLimit(thresholds: readonly Resource[], storage: string): number | undefined {
  let limit: number | undefined;
  for (const { spec } of thresholds) {
    const { metric, above, storage: of } = spec as ThresholdSpec;
    if (metric !== "storage" || above === undefined || (of && of !== storage)) continue;
    limit = Math.min(limit ?? above, above);
  }
  return limit;
}
