// The difference between a manifest and what is, as lines of YAML: `-` is how it stands, `+` is what is declared.
import type { Guest, Resource } from "../api/types";
import { kindOf, nameOf } from "./format";

export interface DiffLine {
  sign: " " | "-" | "+";
  text: string;
}

interface GuestSpec {
  vmid?: number;
  node?: string;
  runStrategy?: string;
  guestName?: string;
}

/** Lines for a resource that is not in sync; none for one that is. */
export function driftOf(resource: Resource, guest: Guest | undefined): DiffLine[] {
  if (resource.status?.sync !== "OUT_OF_SYNC") return [];
  const head: DiffLine[] = [
    { sign: " ", text: `kind: ${kindOf(resource.key)}` },
    { sign: " ", text: `metadata: { name: ${nameOf(resource.key)} }` },
  ];
  const body = guest ? guestLines(resource.spec as GuestSpec, guest) : [];
  return [...head, ...(body.length > 0 ? body : stated(resource))];
}

function guestLines(spec: GuestSpec, guest: Guest): DiffLine[] {
  const lines: DiffLine[] = [{ sign: " ", text: "spec:" }, { sign: " ", text: `  vmid: ${guest.vmid}` }];
  const before = lines.length;
  if (spec.node && spec.node !== guest.node) lines.push({ sign: "-", text: `  node: ${guest.node}` }, { sign: "+", text: `  node: ${spec.node}` });
  const strategy = spec.runStrategy;
  const isRunning = guest.status === "RUNNING";
  const wantsRunning = strategy === "Always" || strategy === "RerunOnFailure";
  if (strategy && strategy !== "Manual" && wantsRunning !== isRunning && guest.status !== "UNKNOWN") {
    lines.push({ sign: "-", text: `  # ${guest.statusWord}${guest.stopCause ? `: ${guest.stopCause}` : ""}` });
    lines.push({ sign: "+", text: `  runStrategy: ${strategy}` });
  }
  if (spec.guestName && guest.name && spec.guestName !== guest.name) {
    lines.push({ sign: "-", text: `  guestName: ${guest.name}` }, { sign: "+", text: `  guestName: ${spec.guestName}` });
  }
  return lines.length > before ? lines : [];
}

function stated(resource: Resource): DiffLine[] {
  const message = resource.status?.headline?.message;
  return message ? [{ sign: "-", text: `# ${message}` }] : [];
}
