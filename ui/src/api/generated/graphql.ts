/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/**
 * An action: its name and what it is aimed at; for services and commands exactly one of `vmid`, `node` and `host`. A name
 * Jarvis does not know is passed on and refused by the guard.
 */
export type ActionInput = {
  /** The command: program and arguments, no shell. */
  argv?: Array<string> | null | undefined;
  /** The host, by its name in the configuration file; for services and commands outside the cluster. */
  host?: string | null | undefined;
  /**
   * `startGuest`, `shutdownGuest`, `rebootGuest`, `stopGuest`, `resetGuest`, `createSnapshot`, `rollbackSnapshot`,
   * `migrateGuest`, `rebootNode`, `shutdownNode`, `wakeNode`, `startService`, `restartService`, `stopService`,
   * `runCommand`.
   */
  name: string;
  /** The node. */
  node?: string | null | undefined;
  /** The unit or container. */
  service?: string | null | undefined;
  /** The snapshot's name. */
  snapshot?: string | null | undefined;
  /** Where to migrate. */
  targetNode?: string | null | undefined;
  /** How long a guest may take to shut down, seconds; 60 when left out. */
  timeoutSeconds?: number | null | undefined;
  /** The guest. */
  vmid?: number | null | undefined;
};

/** Which actions a window is about. */
export type AppliesTo =
  /** Both. */
  | 'BOTH'
  /** What follows from a changed manifest. */
  | 'CHANGES'
  /** What repairs a failure. */
  | 'REPAIRS';

/** How far Jarvis may go without a person. */
export type Autonomy =
  /** Observe. */
  | 'L0'
  /** Alert. */
  | 'L1'
  /** Recommend. */
  | 'L2'
  /** Act and report. */
  | 'L3'
  /** Act silently. */
  | 'L4';

/** What kind of card. */
export type CardKind =
  /** A request for an action: to be confirmed, under way, over, or refused. */
  | 'ACTION'
  /** The lasting way to want what was asked for. */
  | 'OFFER'
  /** A manifest change that waits for a person, or waited. */
  | 'PROPOSAL';

/** The type of a condition. */
export type ConditionType =
  /** Something named stands in the way. */
  | 'BLOCKED'
  /** Attempts are used up; a person is asked. */
  | 'ESCALATED'
  /** As declared and healthy. */
  | 'READY'
  /** Work is under way or planned. */
  | 'RECONCILING'
  /** An error of Jarvis keeps it from being looked at. */
  | 'STALLED'
  /** On purpose not pursued. */
  | 'SUSPENDED';

/** Which records; every part that is given must fit. */
export type EventFilter = {
  /** Only of this kind: `issueOpened` ... */
  name?: string | null | undefined;
  /** Only of this resource, `Kind/name`. */
  resource?: string | null | undefined;
  /** Only at least this serious. */
  severity?: Severity | null | undefined;
  /** Only at or after this. */
  since?: string | null | undefined;
  /** Only whose words or severity contain this, whatever the letter case; a number only as a whole. */
  text?: string | null | undefined;
  /** Only before this. */
  until?: string | null | undefined;
  /** Only what this user asked for, decided or changed; `token:NAME` for a token. */
  user?: string | null | undefined;
};

/** A file as it should be. */
export type FileEdit = {
  /** Its text; without one the file is removed. */
  content?: string | null | undefined;
  /** Path in the repository; ends in `.yaml` or `.yml`. */
  path: string;
};

/** Whom the kill switch stops. */
export type FreezeScope =
  /** Persons too. */
  | 'ALL'
  /** Everything that no signed-in person confirmed. */
  | 'AUTONOMY';

/** Whether the kill switch is on. */
export type FreezeState =
  /** Off. */
  | 'OFF'
  /** On. */
  | 'ON'
  /** Its record cannot be read; everything stays stopped. */
  | 'UNREADABLE';

/** Virtual machine or container. */
export type GuestKind =
  /** A container. */
  | 'LXC'
  /** A virtual machine. */
  | 'QEMU';

/** What a guest does. */
export type GuestStatus =
  /** Halted by a person or by full storage; `statusWord` has Proxmox's word. */
  | 'HELD'
  /** Running. */
  | 'RUNNING'
  /** Not running. */
  | 'STOPPED'
  /** Not known; `unknownReason` says why. */
  | 'UNKNOWN';

/** How a resource is doing. */
export type Health =
  /** Not well. */
  | 'DEGRADED'
  /** Well. */
  | 'HEALTHY'
  /** On its way. */
  | 'PROGRESSING'
  /** On purpose not pursued. */
  | 'SUSPENDED'
  /** Not known. */
  | 'UNKNOWN';

/** What is wrong. */
export type IssueKind =
  /** Should run and does not. */
  | 'GUEST_DOWN'
  /** A guest runs, and its `ready` probe has failed for too long. */
  | 'GUEST_NOT_READY'
  /** Should be stopped and runs. */
  | 'GUEST_UP'
  /** A different guest under a known number. */
  | 'IDENTITY_CHANGED'
  /** A node that is expected online is not. */
  | 'NODE_UNREACHABLE'
  /** A service is not as declared. */
  | 'SERVICE_DOWN'
  /** A figure passed its limit. */
  | 'THRESHOLD_PASSED';

/** How far a message is. */
export type MessageState =
  /** It ended before it was whole. */
  | 'BROKEN'
  /** A person stopped it. */
  | 'CANCELLED'
  /** More of it comes. */
  | 'COMING'
  /** It is whole. */
  | 'WHOLE';

/** Whether a node is there. */
export type NodeStatus =
  /** Not a member. */
  | 'OFFLINE'
  /** Member of the cluster and reporting. */
  | 'ONLINE'
  /** Not known; `unknownReason` says why. */
  | 'UNKNOWN';

/** Where a proposal stands. */
export type ProposalState =
  /** It is in force. */
  | 'APPLIED'
  /** It is being committed and pushed. */
  | 'APPROVED'
  /** What it changes was changed by others in the meantime. */
  | 'CONFLICT'
  /** Nobody answered in time. */
  | 'EXPIRED'
  /** It could not be pushed; it may be approved again. */
  | 'FAILED'
  /** It is pushed, and not in force yet. */
  | 'PUSHED'
  /** A person said no. */
  | 'REJECTED'
  /** It waits for a person. */
  | 'WAITING';

/** The kind of a manifest resource. */
export type ResourceKind =
  /** An LXC guest. */
  | 'CONTAINER'
  /** When changes may or may not happen. */
  | 'MAINTENANCE_WINDOW'
  /** A Proxmox node. */
  | 'NODE'
  /** Where alerts go. */
  | 'NOTIFICATION_CHANNEL'
  /** A repair procedure. */
  | 'RUNBOOK'
  /** Protection, dependencies, autonomy and budgets. */
  | 'SAFETY_POLICY'
  /** A service. */
  | 'SERVICE'
  /** A figure with limits. */
  | 'THRESHOLD'
  /** A QEMU guest. */
  | 'VIRTUAL_MACHINE';

/** What somebody may do here. */
export type Role =
  /** Also policy, tokens, users and autonomy. */
  | 'ADMIN'
  /** Reads and acts within the tiers. */
  | 'OPERATOR'
  /** Reads. */
  | 'VIEWER';

/** When a guest should run. */
export type RunStrategy =
  /** Always running. */
  | 'ALWAYS'
  /** Off. */
  | 'HALTED'
  /** Observed only. */
  | 'MANUAL'
  /** Running, and started again after a crash; a person's stop is respected. */
  | 'RERUN_ON_FAILURE';

/** What an assistant's token may do. */
export type Scope =
  /** Yellow actions. */
  | 'OPERATE'
  /** Red actions with a second call that carries the digest. */
  | 'OPERATE_RED'
  /** Proposes manifest changes. */
  | 'PROPOSE'
  /** Reads. */
  | 'READ';

/** What a service does. */
export type ServiceHealth =
  /** It is starting, stopping or reloading. */
  | 'CHANGING'
  /** It does not. */
  | 'DOWN'
  /** Its host knows no such unit or container. */
  | 'MISSING'
  /** Not known. */
  | 'UNKNOWN'
  /** It runs, or answers as it should. */
  | 'UP';

/** How serious something is. */
export type Severity =
  /** Needs attention now. */
  | 'CRITICAL'
  /** Routine. */
  | 'INFO'
  /** Needs attention some time. */
  | 'WARNING';

/** Whether live equals declared. */
export type Sync =
  /** It differs. */
  | 'OUT_OF_SYNC'
  /** Live equals declared. */
  | 'SYNCED'
  /** Not known. */
  | 'UNKNOWN';

/** Where a request stands. */
export type TicketState =
  /** Waits for a person to confirm. */
  | 'AWAITING_CONFIRMATION'
  /** Over; `outcome` says how. */
  | 'DONE'
  /** Nobody confirmed in time, or it did not get its turn in time. */
  | 'EXPIRED'
  /** Waits for its recall time, its turn or a node's slot. */
  | 'QUEUED'
  /** Taken back before it began. */
  | 'RECALLED'
  /** Refused; `refusal` says why. */
  | 'REFUSED'
  /** A person said no. */
  | 'REJECTED'
  /** Being carried out. */
  | 'RUNNING';

/** How dangerous an action is. */
export type Tier =
  /** Never done. */
  | 'BLACK'
  /** Only reads. */
  | 'GREEN'
  /** Interrupts hard or moves things. */
  | 'RED'
  /** Reversible and brief. */
  | 'YELLOW';

/** The guard's answer. */
export type VerdictKind =
  /** May be done once a person confirms. */
  | 'CONFIRM'
  /** May be done now. */
  | 'PERMIT'
  /** Will not be done as things are. */
  | 'REFUSE'
  /** May be done later by itself. */
  | 'WAIT';

/** Whether a window allows or denies. */
export type WindowEffect =
  /** Only while an allow window is open. */
  | 'ALLOW'
  /** Not while a deny window is open. */
  | 'DENY';

export type MindPartsFragment = { name: string, local: boolean, reason: string, promptTokens: number, outputTokens: number, microDollars: number };

export type CardPartsFragment = { kind: CardKind, notes: Array<string>, title: string | null, reason: string | null, say: string | null, ticket: { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } | null, proposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } | null };

export type MessagePartsFragment = { seq: number, at: string, user: string | null, text: string, state: MessageState, problem: string | null, suggestions: Array<string>, unfounded: Array<string>, mind: { name: string, local: boolean, reason: string, promptTokens: number, outputTokens: number, microDollars: number } | null, facts: Array<{ claim: string, source: string, at: string | null }>, tools: Array<{ tool: string, arguments: string, result: string | null, isError: boolean }>, cards: Array<{ kind: CardKind, notes: Array<string>, title: string | null, reason: string | null, say: string | null, ticket: { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } | null, proposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } | null }> };

export type HeadPartsFragment = { id: string, title: string, startedAt: string, lastAt: string, microDollars: number };

export type ConversationsQueryVariables = Exact<{ [key: string]: never; }>;


export type ConversationsQuery = { conversations: Array<{ id: string, title: string, startedAt: string, lastAt: string, microDollars: number }> };

export type SendMessageMutationVariables = Exact<{
  conversation?: string | null | undefined;
  text: string;
}>;


export type SendMessageMutation = { sendMessage: { conversation: string, seq: number } };

export type CancelMessageMutationVariables = Exact<{
  conversation: string;
}>;


export type CancelMessageMutation = { cancelMessage: boolean };

export type DeleteConversationMutationVariables = Exact<{
  id: string;
}>;


export type DeleteConversationMutation = { deleteConversation: boolean };

export type ConversationNowQueryVariables = Exact<{
  id: string;
}>;


export type ConversationNowQuery = { conversation: { messages: Array<{ seq: number, at: string, user: string | null, text: string, state: MessageState, problem: string | null, suggestions: Array<string>, unfounded: Array<string>, mind: { name: string, local: boolean, reason: string, promptTokens: number, outputTokens: number, microDollars: number } | null, facts: Array<{ claim: string, source: string, at: string | null }>, tools: Array<{ tool: string, arguments: string, result: string | null, isError: boolean }>, cards: Array<{ kind: CardKind, notes: Array<string>, title: string | null, reason: string | null, say: string | null, ticket: { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } | null, proposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } | null }> }> } | null };

export type ConversationSubscriptionVariables = Exact<{
  id: string;
}>;


export type ConversationSubscription = { conversation: { snapshot: boolean, gone: boolean, messages: Array<{ seq: number, at: string, user: string | null, text: string, state: MessageState, problem: string | null, suggestions: Array<string>, unfounded: Array<string>, mind: { name: string, local: boolean, reason: string, promptTokens: number, outputTokens: number, microDollars: number } | null, facts: Array<{ claim: string, source: string, at: string | null }>, tools: Array<{ tool: string, arguments: string, result: string | null, isError: boolean }>, cards: Array<{ kind: CardKind, notes: Array<string>, title: string | null, reason: string | null, say: string | null, ticket: { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } | null, proposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } | null }> }>, added: { seq: number, from: number, text: string } | null } };

export type UsagePartsFragment = { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null };

export type NodePartsFragment = { name: string, status: NodeStatus, seenAt: string | null, unknownReason: string | null, meantAway: string | null, apiAnswers: boolean | null, guests: number, guestsRunning: number, haState: string | null, ip: string | null, protected: boolean, resource: string | null, returnedAt: string | null, uptimeSeconds: number | null, votes: number, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null }, host: { cores: number | null, cpuPressure: number | null, ioPressure: number | null, memoryPressure: number | null, load: number | null, seenAt: string | null, temperature: number | null, trouble: string | null, unknownReason: string | null } | null };

export type GuestPartsFragment = { vmid: number, name: string | null, kind: GuestKind, node: string, status: GuestStatus, statusWord: string, seenAt: string | null, unknownReason: string | null, haState: string | null, lock: string | null, protected: boolean, ready: boolean | null, resource: string | null, runStrategy: RunStrategy | null, runningTask: string | null, stopCause: string | null, tags: Array<string>, template: boolean, uptimeSeconds: number | null, identity: string | null, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null } };

export type FiguresPartsFragment = { seenAt: string | null, vmids: Array<number>, uptimeSeconds: Array<number | null> | null, cpu: Array<number | null> | null, maxCpu: Array<number | null> | null, memBytes: Array<number | null> | null, maxMemBytes: Array<number | null> | null, diskBytes: Array<number | null> | null, maxDiskBytes: Array<number | null> | null };

export type StoragePartsFragment = { id: string, name: string, node: string | null, plugin: string, active: boolean | null, seenAt: string | null, unknownReason: string | null, totalBytes: number | null, usedBytes: number | null };

export type HoldPartsFragment = { scope: string, by: string, reason: string, since: string, until: string | null };

export type ResourcePartsFragment = { key: string, kind: ResourceKind, name: string, spec: unknown, labels: Array<{ name: string, value: string }>, hold: { scope: string, by: string, reason: string, since: string, until: string | null } | null, status: { sync: Sync, health: Health, since: string | null, observedRevision: string, headline: { type: ConditionType, reason: string, message: string } | null, conditions: Array<{ type: ConditionType, status: boolean, reason: string, message: string }> } | null };

export type QuorumPartsFragment = { quorate: boolean | null, expectedVotes: number | null, neededVotes: number | null, onlineVotes: number | null, agreeing: number | null, seenAt: string | null, unknownReason: string | null };

export type FreezePartsFragment = { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null };

export type LoopPartsFragment = { ready: boolean, epoch: number, actingStopped: string | null, lastFetchAt: string | null, lastLookAt: string | null, lastPassAt: string | null, lastPassMillis: number, lookFailure: string | null };

export type ActionPartsFragment = { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null };

export type RefusalPartsFragment = { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string };

export type DecisionPartsFragment = { id: string, attempt: number, evidence: Array<string>, issue: string | null, origin: string, resource: string | null, ticket: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, verdict: { kind: VerdictKind, word: string, tier: Tier, code: string | null, rule: string | null, reason: string | null, typed: boolean, until: string | null, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } };

export type PlanPartsFragment = { at: string, digest: string, revision: string, inSync: boolean, decisionCount: number, wakeAt: string | null, decisions: Array<{ id: string, attempt: number, evidence: Array<string>, issue: string | null, origin: string, resource: string | null, ticket: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, verdict: { kind: VerdictKind, word: string, tier: Tier, code: string | null, rule: string | null, reason: string | null, typed: boolean, until: string | null, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } }>, report: Array<{ subject: string, text: string }> };

export type AlertPartsFragment = { id: string, severity: Severity, title: string, detail: string, issue: string | null, resource: string | null, since: string | null };

export type RecordPartsFragment = { seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean };

export type IssuePartsFragment = { key: string, kind: IssueKind, resource: string, summary: string, attemptsLeft: number, openedAt: string, announcedAt: string | null, escalatedAt: string | null, healthySince: string | null, lastOutcome: string | null };

export type TicketPartsFragment = { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null };

export type PolicyPartsFragment = { actionsInLastHour: number, actionsPerHour: number, attemptsPerIssue: number, ceiling: Autonomy, ceilingSet: Autonomy | null, commandAllowlist: unknown, defaultAutonomy: Autonomy, dependencies: unknown, largestPlan: number, nodesAtOnce: number, protectedGuests: Array<number>, protectedNodes: Array<string>, floor: { autonomy: Autonomy, ceiling: Autonomy, ownGuest: number | null, ownNode: string | null, guests: Array<number>, nodes: Array<string>, startGatePasses: number } };

export type ServicePartsFragment = { resource: string, host: string, what: string, status: ServiceHealth, statusWord: string, restartAllowed: boolean, seenAt: string | null, trouble: string | null, unknownReason: string | null };

export type TaskPartsFragment = { upid: string, taskType: string, node: string, user: string, vmid: number | null, startedAt: string, endedAt: string | null, exit: string | null, succeeded: boolean | null };

export type IntentPartsFragment = { id: string, attempt: number, origin: string, stage: string, tier: Tier, undo: string, outcome: string | null, resource: string | null, loggedAt: string, closedAt: string | null, deadline: string, upid: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null } };

export type WindowPartsFragment = { name: string, effect: WindowEffect, appliesTo: AppliesTo, schedule: string, timeZone: string, open: boolean, nextChange: string | null, durationSeconds: number, overrun: boolean };

export type RevisionPartsFragment = { at: string | null, commit: string | null, hash: string | null, pendingCommit: string | null, pendingErrors: Array<string>, sourceFailure: string | null, withheldDigest: string | null, withheldReason: string | null };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { user: string, role: Role, door: string, token: string | null }, version: { version: string, now: string, journalHead: number } };

export type StartQueryVariables = Exact<{ [key: string]: never; }>;


export type StartQuery = { clusters: Array<{ name: string }>, events: Array<{ seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }>, version: { journalHead: number, version: string, now: string } };

export type SideQueryVariables = Exact<{ [key: string]: never; }>;


export type SideQuery = { issues: Array<{ key: string, kind: IssueKind, resource: string, summary: string, attemptsLeft: number, openedAt: string, announcedAt: string | null, escalatedAt: string | null, healthySince: string | null, lastOutcome: string | null }>, tickets: Array<{ id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null }>, policy: { actionsInLastHour: number, actionsPerHour: number, attemptsPerIssue: number, ceiling: Autonomy, ceilingSet: Autonomy | null, commandAllowlist: unknown, defaultAutonomy: Autonomy, dependencies: unknown, largestPlan: number, nodesAtOnce: number, protectedGuests: Array<number>, protectedNodes: Array<string>, floor: { autonomy: Autonomy, ceiling: Autonomy, ownGuest: number | null, ownNode: string | null, guests: Array<number>, nodes: Array<string>, startGatePasses: number } }, services: Array<{ resource: string, host: string, what: string, status: ServiceHealth, statusWord: string, restartAllowed: boolean, seenAt: string | null, trouble: string | null, unknownReason: string | null }>, tasks: Array<{ upid: string, taskType: string, node: string, user: string, vmid: number | null, startedAt: string, endedAt: string | null, exit: string | null, succeeded: boolean | null }>, holds: Array<{ scope: string, by: string, reason: string, since: string, until: string | null }>, intents: Array<{ id: string, attempt: number, origin: string, stage: string, tier: Tier, undo: string, outcome: string | null, resource: string | null, loggedAt: string, closedAt: string | null, deadline: string, upid: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null } }>, windows: Array<{ name: string, effect: WindowEffect, appliesTo: AppliesTo, schedule: string, timeZone: string, open: boolean, nextChange: string | null, durationSeconds: number, overrun: boolean }>, revision: { at: string | null, commit: string | null, hash: string | null, pendingCommit: string | null, pendingErrors: Array<string>, sourceFailure: string | null, withheldDigest: string | null, withheldReason: string | null }, passedLimits: Array<{ issue: string, resource: string, threshold: string, value: number | null, counts: boolean, since: string, seenAt: string }> };

export type ClusterUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ClusterUpdatesSubscription = { clusterUpdates: { seq: number, at: string, resync: boolean, version: number, snapshot: { nodes: Array<{ name: string, status: NodeStatus, seenAt: string | null, unknownReason: string | null, meantAway: string | null, apiAnswers: boolean | null, guests: number, guestsRunning: number, haState: string | null, ip: string | null, protected: boolean, resource: string | null, returnedAt: string | null, uptimeSeconds: number | null, votes: number, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null }, host: { cores: number | null, cpuPressure: number | null, ioPressure: number | null, memoryPressure: number | null, load: number | null, seenAt: string | null, temperature: number | null, trouble: string | null, unknownReason: string | null } | null }>, guests: Array<{ vmid: number, name: string | null, kind: GuestKind, node: string, status: GuestStatus, statusWord: string, seenAt: string | null, unknownReason: string | null, haState: string | null, lock: string | null, protected: boolean, ready: boolean | null, resource: string | null, runStrategy: RunStrategy | null, runningTask: string | null, stopCause: string | null, tags: Array<string>, template: boolean, uptimeSeconds: number | null, identity: string | null, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null } }>, storages: Array<{ id: string, name: string, node: string | null, plugin: string, active: boolean | null, seenAt: string | null, unknownReason: string | null, totalBytes: number | null, usedBytes: number | null }>, resources: Array<{ key: string, kind: ResourceKind, name: string, spec: unknown, labels: Array<{ name: string, value: string }>, hold: { scope: string, by: string, reason: string, since: string, until: string | null } | null, status: { sync: Sync, health: Health, since: string | null, observedRevision: string, headline: { type: ConditionType, reason: string, message: string } | null, conditions: Array<{ type: ConditionType, status: boolean, reason: string, message: string }> } | null }>, quorum: { quorate: boolean | null, expectedVotes: number | null, neededVotes: number | null, onlineVotes: number | null, agreeing: number | null, seenAt: string | null, unknownReason: string | null }, freeze: { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null }, loop: { ready: boolean, epoch: number, actingStopped: string | null, lastFetchAt: string | null, lastLookAt: string | null, lastPassAt: string | null, lastPassMillis: number, lookFailure: string | null } } | null, delta: { removedNodes: Array<string>, removedGuests: Array<number>, removedStorages: Array<string>, removedResources: Array<string>, nodes: Array<{ name: string, status: NodeStatus, seenAt: string | null, unknownReason: string | null, meantAway: string | null, apiAnswers: boolean | null, guests: number, guestsRunning: number, haState: string | null, ip: string | null, protected: boolean, resource: string | null, returnedAt: string | null, uptimeSeconds: number | null, votes: number, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null }, host: { cores: number | null, cpuPressure: number | null, ioPressure: number | null, memoryPressure: number | null, load: number | null, seenAt: string | null, temperature: number | null, trouble: string | null, unknownReason: string | null } | null }>, guests: Array<{ vmid: number, name: string | null, kind: GuestKind, node: string, status: GuestStatus, statusWord: string, seenAt: string | null, unknownReason: string | null, haState: string | null, lock: string | null, protected: boolean, ready: boolean | null, resource: string | null, runStrategy: RunStrategy | null, runningTask: string | null, stopCause: string | null, tags: Array<string>, template: boolean, uptimeSeconds: number | null, identity: string | null, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null } }>, storages: Array<{ id: string, name: string, node: string | null, plugin: string, active: boolean | null, seenAt: string | null, unknownReason: string | null, totalBytes: number | null, usedBytes: number | null }>, resources: Array<{ key: string, kind: ResourceKind, name: string, spec: unknown, labels: Array<{ name: string, value: string }>, hold: { scope: string, by: string, reason: string, since: string, until: string | null } | null, status: { sync: Sync, health: Health, since: string | null, observedRevision: string, headline: { type: ConditionType, reason: string, message: string } | null, conditions: Array<{ type: ConditionType, status: boolean, reason: string, message: string }> } | null }>, quorum: { quorate: boolean | null, expectedVotes: number | null, neededVotes: number | null, onlineVotes: number | null, agreeing: number | null, seenAt: string | null, unknownReason: string | null } | null, freeze: { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null } | null, loop: { ready: boolean, epoch: number, actingStopped: string | null, lastFetchAt: string | null, lastLookAt: string | null, lastPassAt: string | null, lastPassMillis: number, lookFailure: string | null } | null, figures: Array<{ seenAt: string | null, vmids: Array<number>, uptimeSeconds: Array<number | null> | null, cpu: Array<number | null> | null, maxCpu: Array<number | null> | null, memBytes: Array<number | null> | null, maxMemBytes: Array<number | null> | null, diskBytes: Array<number | null> | null, maxDiskBytes: Array<number | null> | null }> } | null } };

export type PictureQueryVariables = Exact<{
  after: number;
}>;


export type PictureQuery = { version: { now: string }, clusters: Array<{ loop: { ready: boolean, epoch: number, actingStopped: string | null, lastFetchAt: string | null, lastLookAt: string | null, lastPassAt: string | null, lastPassMillis: number, lookFailure: string | null } }>, nodes: Array<{ name: string, status: NodeStatus, seenAt: string | null, unknownReason: string | null, meantAway: string | null, apiAnswers: boolean | null, guests: number, guestsRunning: number, haState: string | null, ip: string | null, protected: boolean, resource: string | null, returnedAt: string | null, uptimeSeconds: number | null, votes: number, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null }, host: { cores: number | null, cpuPressure: number | null, ioPressure: number | null, memoryPressure: number | null, load: number | null, seenAt: string | null, temperature: number | null, trouble: string | null, unknownReason: string | null } | null }>, storage: Array<{ id: string, name: string, node: string | null, plugin: string, active: boolean | null, seenAt: string | null, unknownReason: string | null, totalBytes: number | null, usedBytes: number | null }>, quorum: { quorate: boolean | null, expectedVotes: number | null, neededVotes: number | null, onlineVotes: number | null, agreeing: number | null, seenAt: string | null, unknownReason: string | null }, freeze: { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null }, alerts: Array<{ id: string, severity: Severity, title: string, detail: string, issue: string | null, resource: string | null, since: string | null }>, events: Array<{ seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }> };

export type PictureResourcesQueryVariables = Exact<{ [key: string]: never; }>;


export type PictureResourcesQuery = { resources: Array<{ key: string, kind: ResourceKind, name: string, spec: unknown, labels: Array<{ name: string, value: string }>, hold: { scope: string, by: string, reason: string, since: string, until: string | null } | null, status: { sync: Sync, health: Health, since: string | null, observedRevision: string, headline: { type: ConditionType, reason: string, message: string } | null, conditions: Array<{ type: ConditionType, status: boolean, reason: string, message: string }> } | null }>, plan: { at: string, digest: string, revision: string, inSync: boolean, decisionCount: number, wakeAt: string | null, decisions: Array<{ id: string, attempt: number, evidence: Array<string>, issue: string | null, origin: string, resource: string | null, ticket: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, verdict: { kind: VerdictKind, word: string, tier: Tier, code: string | null, rule: string | null, reason: string | null, typed: boolean, until: string | null, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } }>, report: Array<{ subject: string, text: string }> } };

export type PictureGuestsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type PictureGuestsQuery = { guests: { nodes: Array<{ vmid: number, name: string | null, kind: GuestKind, node: string, status: GuestStatus, statusWord: string, seenAt: string | null, unknownReason: string | null, haState: string | null, lock: string | null, protected: boolean, ready: boolean | null, resource: string | null, runStrategy: RunStrategy | null, runningTask: string | null, stopCause: string | null, tags: Array<string>, template: boolean, uptimeSeconds: number | null, identity: string | null, usage: { cpu: number | null, maxCpu: number | null, memBytes: number | null, maxMemBytes: number | null, diskBytes: number | null, maxDiskBytes: number | null } }>, pageInfo: { endCursor: string | null, hasNextPage: boolean } } };

export type PlanUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type PlanUpdatesSubscription = { planUpdates: { at: string, digest: string, revision: string, inSync: boolean, decisionCount: number, wakeAt: string | null, decisions: Array<{ id: string, attempt: number, evidence: Array<string>, issue: string | null, origin: string, resource: string | null, ticket: string | null, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, verdict: { kind: VerdictKind, word: string, tier: Tier, code: string | null, rule: string | null, reason: string | null, typed: boolean, until: string | null, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } }>, report: Array<{ subject: string, text: string }> } };

export type AlertUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type AlertUpdatesSubscription = { alertUpdates: Array<{ id: string, severity: Severity, title: string, detail: string, issue: string | null, resource: string | null, since: string | null }> };

export type FreezeUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type FreezeUpdatesSubscription = { freezeUpdates: { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null } };

export type EventsSubscriptionVariables = Exact<{
  after?: number | null | undefined;
}>;


export type EventsSubscription = { events: { seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean } };

export type RequestActionMutationVariables = Exact<{
  action: ActionInput;
  hold?: number | null | undefined;
}>;


export type RequestActionMutation = { requestAction: { id: string, state: TicketState, isFinal: boolean, origin: string, createdAt: string, notBefore: string, expiresAt: string | null, digest: string | null, typed: boolean, holdSeconds: number | null, intent: string | null, outcome: string | null, confirmedBy: string | null, notes: Array<string>, action: { name: string, text: string, vmid: number | null, node: string | null, host: string | null, service: string | null, snapshot: string | null, targetNode: string | null, argv: Array<string> | null }, refusal: { code: string, reason: string, resource: string, rule: string, tier: Tier, unblock: string } | null } };

export type ConfirmMutationVariables = Exact<{
  digest: string;
  ticket?: string | null | undefined;
  typed?: string | null | undefined;
}>;


export type ConfirmMutation = { confirm: boolean };

export type RejectMutationVariables = Exact<{
  ticket: string;
}>;


export type RejectMutation = { reject: boolean };

export type RecallMutationVariables = Exact<{
  ticket: string;
}>;


export type RecallMutation = { recall: boolean };

export type FreezeMutationVariables = Exact<{
  reason: string;
  scope: FreezeScope;
  ttl?: number | null | undefined;
}>;


export type FreezeMutation = { freeze: { state: FreezeState, scope: FreezeScope | null, by: string | null, reason: string | null, since: string | null, until: string | null } };

export type ThawMutationVariables = Exact<{ [key: string]: never; }>;


export type ThawMutation = { thaw: boolean };

export type HoldMutationVariables = Exact<{
  scope: string;
  reason: string;
  ttl?: number | null | undefined;
}>;


export type HoldMutation = { hold: boolean };

export type ReleaseMutationVariables = Exact<{
  scope: string;
}>;


export type ReleaseMutation = { release: boolean };

export type ReconcileNowMutationVariables = Exact<{ [key: string]: never; }>;


export type ReconcileNowMutation = { reconcileNow: boolean };

export type AcknowledgeMutationVariables = Exact<{
  issue: string;
}>;


export type AcknowledgeMutation = { acknowledge: boolean };

export type AcceptIdentityMutationVariables = Exact<{
  identity: string;
  vmid: number;
}>;


export type AcceptIdentityMutation = { acceptIdentity: boolean };

export type SetCeilingMutationVariables = Exact<{
  ceiling?: Autonomy | null | undefined;
}>;


export type SetCeilingMutation = { setAutonomyCeiling: boolean };

export type RecordAtQueryVariables = Exact<{
  after: number;
}>;


export type RecordAtQuery = { events: Array<{ hash: string, data: unknown, seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }> };

export type EventsPageQueryVariables = Exact<{
  before?: number | null | undefined;
  first: number;
  filter: EventFilter;
}>;


export type EventsPageQuery = { events: Array<{ seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }> };

export type AuditPageQueryVariables = Exact<{
  before?: number | null | undefined;
  first: number;
  filter: EventFilter;
}>;


export type AuditPageQuery = { audit: Array<{ hash: string, data: unknown, seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }> };

export type GuestTasksQueryVariables = Exact<{
  vmid: number;
}>;


export type GuestTasksQuery = { tasks: Array<{ upid: string, taskType: string, node: string, user: string, vmid: number | null, startedAt: string, endedAt: string | null, exit: string | null, succeeded: boolean | null }> };

export type ResourceEventsQueryVariables = Exact<{
  filter: EventFilter;
}>;


export type ResourceEventsQuery = { events: Array<{ seq: number, at: string, severity: Severity, name: string, title: string, detail: string | null, resource: string | null, audit: boolean, feed: boolean }> };

export type LastBackupQueryVariables = Exact<{
  vmid: number;
}>;


export type LastBackupQuery = { lastBackup: { at: string | null, unknownReason: string | null } };

export type NodeSensorsQueryVariables = Exact<{
  name: string;
}>;


export type NodeSensorsQuery = { node: { host: { temperatures: Array<{ sensor: string, celsius: number }> } | null } | null };

export type AccessQueryVariables = Exact<{ [key: string]: never; }>;


export type AccessQuery = { tokens: Array<{ name: string, role: Role, scopes: Array<Scope>, by: string, createdAt: string, expiresAt: string | null }>, users: Array<{ name: string, role: Role, oneTime: boolean, sessionsFrom: string }> };

export type CreateTokenMutationVariables = Exact<{
  name: string;
  role: Role;
  scopes: Array<Scope> | Scope;
  ttl?: number | null | undefined;
}>;


export type CreateTokenMutation = { createToken: { name: string, secret: string } };

export type RevokeTokenMutationVariables = Exact<{
  name: string;
}>;


export type RevokeTokenMutation = { revokeToken: boolean };

export type CreateUserMutationVariables = Exact<{
  name: string;
  password: string;
  role: Role;
}>;


export type CreateUserMutation = { createUser: boolean };

export type RemoveUserMutationVariables = Exact<{
  name: string;
}>;


export type RemoveUserMutation = { removeUser: boolean };

export type RevokeSessionsMutationVariables = Exact<{
  user: string;
}>;


export type RevokeSessionsMutation = { revokeSessions: boolean };

export type ProposalPartsFragment = { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> };

export type ManifestsQueryVariables = Exact<{ [key: string]: never; }>;


export type ManifestsQuery = { manifests: Array<{ path: string, content: string, bytes: number, commit: string, resources: Array<{ key: string, line: number }> }> };

export type ProposalsQueryVariables = Exact<{ [key: string]: never; }>;


export type ProposalsQuery = { proposals: Array<{ id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> }> };

export type ManifestSchemasQueryVariables = Exact<{ [key: string]: never; }>;


export type ManifestSchemasQuery = { manifestSchemas: Array<{ kind: ResourceKind, schema: unknown }> };

export type ValidateManifestsQueryVariables = Exact<{
  files: Array<FileEdit> | FileEdit;
}>;


export type ValidateManifestsQuery = { validateManifests: Array<{ path: string, line: number, column: number, resource: string | null, field: string, problem: string, hint: string, text: string }> };

export type PreviewChangeQueryVariables = Exact<{
  files: Array<FileEdit> | FileEdit;
}>;


export type PreviewChangeQuery = { previewChange: { base: string, diff: string, effect: string, needs: Role, needsReason: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, errors: Array<{ path: string, line: number, column: number, problem: string, hint: string, text: string }>, warnings: Array<{ path: string, line: number, column: number, problem: string, hint: string, text: string }> } };

export type ProposeChangeMutationVariables = Exact<{
  title: string;
  reason: string;
  files: Array<FileEdit> | FileEdit;
}>;


export type ProposeChangeMutation = { proposeChange: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } };

export type ApproveProposalMutationVariables = Exact<{
  id: string;
  digest: string;
}>;


export type ApproveProposalMutation = { approveProposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } };

export type RejectProposalMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type RejectProposalMutation = { rejectProposal: { id: string, title: string, reason: string, by: string, madeAt: string, expiresAt: string, state: ProposalState, outcome: string, digest: string, needs: Role, needsReason: string | null, mayApprove: boolean, base: string, diff: string, effect: string, decidedBy: string | null, decidedAt: string | null, commit: string | null, branch: string | null, pullRequest: string | null, decisions: Array<{ text: string, resource: string | null, verdict: VerdictKind, reason: string | null, new: boolean }>, resources: Array<{ key: string }> } };

export type SnapshotsQueryVariables = Exact<{
  vmid: number;
}>;


export type SnapshotsQuery = { snapshots: { seenAt: string, snapshots: Array<{ name: string, description: string, at: string | null, memory: boolean, parent: string | null }> } };

export type TaskLogQueryVariables = Exact<{
  upid: string;
}>;


export type TaskLogQuery = { taskLog: Array<string> };

export type WeekQueryVariables = Exact<{
  series: Array<string> | string;
  since: string;
}>;


export type WeekQuery = { hourlyHistories: Array<{ series: string, hours: Array<{ began: string, min: number, mean: number, max: number, looks: number }> }> };

export type HistoriesQueryVariables = Exact<{
  series: Array<string> | string;
  points: number;
}>;


export type HistoriesQuery = { histories: Array<{ series: string, points: Array<{ at: string, value: number }> }> };

export type ChannelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ChannelsQuery = { notificationChannels: Array<{ name: string, resource: string, way: string, target: string, minimumSeverity: Severity, quiet: string | null, dailyReport: string | null, waiting: number | null }> };

export type TestNotificationMutationVariables = Exact<{
  channel: string;
}>;


export type TestNotificationMutation = { testNotification: { accepted: boolean, text: string } };

export type AuditChainQueryVariables = Exact<{ [key: string]: never; }>;


export type AuditChainQuery = { auditChain: { head: number, headHash: string, intact: boolean, checked: number, problem: string | null, exportJsonLines: string, exportCsv: string } };

export type NodeUpdatesQueryVariables = Exact<{ [key: string]: never; }>;


export type NodeUpdatesQuery = { nodes: Array<{ name: string, pendingUpdates: number | null, pendingUpdatesAt: string | null }> };

export type RunbooksQueryVariables = Exact<{ [key: string]: never; }>;


export type RunbooksQuery = { runbooks: Array<{ name: string, builtIn: boolean, resource: string | null, trigger: string, attempts: number, perSeconds: number, escalateTo: Array<string>, steps: Array<{ text: string, verify: string | null, timeoutSeconds: number | null }>, issues: Array<{ key: string, attemptsUsed: number, attemptsLeft: number, step: number | null, escalated: boolean }> }> };

export type MemoryPartsFragment = { id: string, kind: string, text: string, source: string, madeAt: string, expiresAt: string | null, pending: boolean };

export type MemoryQueryVariables = Exact<{
  text: string;
}>;


export type MemoryQuery = { memory: Array<{ id: string, kind: string, text: string, source: string, madeAt: string, expiresAt: string | null, pending: boolean }> };

export type ForgetMutationVariables = Exact<{
  id: string;
}>;


export type ForgetMutation = { forget: boolean };

export type CorrectMemoryMutationVariables = Exact<{
  id: string;
  text: string;
}>;


export type CorrectMemoryMutation = { correctMemory: { id: string, kind: string, text: string, source: string, madeAt: string, expiresAt: string | null, pending: boolean } };

export type RememberFactMutationVariables = Exact<{
  text: string;
}>;


export type RememberFactMutation = { rememberFact: { id: string, kind: string, text: string, source: string, madeAt: string, expiresAt: string | null, pending: boolean } };

export type ConfirmFactMutationVariables = Exact<{
  id: string;
}>;


export type ConfirmFactMutation = { confirmFact: { id: string, kind: string, text: string, source: string, madeAt: string, expiresAt: string | null, pending: boolean } };

export type SpentPartsFragment = { microDollars: number, cap: number | null, percent: number | null };

export type SpentByPartsFragment = { name: string, microDollars: number, questions: number };

export type CostPartsFragment = { warnings: Array<string>, pricesAsOf: string, reserved: number, day: { microDollars: number, cap: number | null, percent: number | null }, week: { microDollars: number, cap: number | null, percent: number | null }, month: { microDollars: number, cap: number | null, percent: number | null }, byModel: Array<{ name: string, microDollars: number, questions: number }>, byKind: Array<{ name: string, microDollars: number, questions: number }>, days: Array<{ name: string, microDollars: number, questions: number }> };

export type CostsQueryVariables = Exact<{ [key: string]: never; }>;


export type CostsQuery = { costs: { warnings: Array<string>, pricesAsOf: string, reserved: number, day: { microDollars: number, cap: number | null, percent: number | null }, week: { microDollars: number, cap: number | null, percent: number | null }, month: { microDollars: number, cap: number | null, percent: number | null }, byModel: Array<{ name: string, microDollars: number, questions: number }>, byKind: Array<{ name: string, microDollars: number, questions: number }>, days: Array<{ name: string, microDollars: number, questions: number }> } };

export type CostUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type CostUpdatesSubscription = { costUpdates: { warnings: Array<string>, pricesAsOf: string, reserved: number, day: { microDollars: number, cap: number | null, percent: number | null }, week: { microDollars: number, cap: number | null, percent: number | null }, month: { microDollars: number, cap: number | null, percent: number | null }, byModel: Array<{ name: string, microDollars: number, questions: number }>, byKind: Array<{ name: string, microDollars: number, questions: number }>, days: Array<{ name: string, microDollars: number, questions: number }> } };

export type MindsQueryVariables = Exact<{ [key: string]: never; }>;


export type MindsQuery = { minds: Array<{ name: string, local: boolean, state: string, reason: string | null }> };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const MindPartsFragmentDoc = new TypedDocumentString(`
    fragment MindParts on Mind {
  name
  local
  reason
  promptTokens
  outputTokens
  microDollars
}
    `, {"fragmentName":"MindParts"}) as unknown as TypedDocumentString<MindPartsFragment, unknown>;
export const ActionPartsFragmentDoc = new TypedDocumentString(`
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
    `, {"fragmentName":"ActionParts"}) as unknown as TypedDocumentString<ActionPartsFragment, unknown>;
export const RefusalPartsFragmentDoc = new TypedDocumentString(`
    fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
    `, {"fragmentName":"RefusalParts"}) as unknown as TypedDocumentString<RefusalPartsFragment, unknown>;
export const TicketPartsFragmentDoc = new TypedDocumentString(`
    fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}`, {"fragmentName":"TicketParts"}) as unknown as TypedDocumentString<TicketPartsFragment, unknown>;
export const ProposalPartsFragmentDoc = new TypedDocumentString(`
    fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}
    `, {"fragmentName":"ProposalParts"}) as unknown as TypedDocumentString<ProposalPartsFragment, unknown>;
export const CardPartsFragmentDoc = new TypedDocumentString(`
    fragment CardParts on Card {
  kind
  notes
  title
  reason
  say
  ticket {
    ...TicketParts
  }
  proposal {
    ...ProposalParts
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`, {"fragmentName":"CardParts"}) as unknown as TypedDocumentString<CardPartsFragment, unknown>;
export const MessagePartsFragmentDoc = new TypedDocumentString(`
    fragment MessageParts on Message {
  seq
  at
  user
  text
  state
  problem
  suggestions
  unfounded
  mind {
    ...MindParts
  }
  facts {
    claim
    source
    at
  }
  tools {
    tool
    arguments
    result
    isError
  }
  cards {
    ...CardParts
  }
}
    fragment MindParts on Mind {
  name
  local
  reason
  promptTokens
  outputTokens
  microDollars
}
fragment CardParts on Card {
  kind
  notes
  title
  reason
  say
  ticket {
    ...TicketParts
  }
  proposal {
    ...ProposalParts
  }
}
fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`, {"fragmentName":"MessageParts"}) as unknown as TypedDocumentString<MessagePartsFragment, unknown>;
export const HeadPartsFragmentDoc = new TypedDocumentString(`
    fragment HeadParts on Conversation {
  id
  title
  startedAt
  lastAt
  microDollars
}
    `, {"fragmentName":"HeadParts"}) as unknown as TypedDocumentString<HeadPartsFragment, unknown>;
export const UsagePartsFragmentDoc = new TypedDocumentString(`
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
    `, {"fragmentName":"UsageParts"}) as unknown as TypedDocumentString<UsagePartsFragment, unknown>;
export const NodePartsFragmentDoc = new TypedDocumentString(`
    fragment NodeParts on Node {
  name
  status
  seenAt
  unknownReason
  meantAway
  apiAnswers
  guests
  guestsRunning
  haState
  ip
  protected
  resource
  returnedAt
  uptimeSeconds
  votes
  usage {
    ...UsageParts
  }
  host {
    cores
    cpuPressure
    ioPressure
    memoryPressure
    load
    seenAt
    temperature
    trouble
    unknownReason
  }
}
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}`, {"fragmentName":"NodeParts"}) as unknown as TypedDocumentString<NodePartsFragment, unknown>;
export const GuestPartsFragmentDoc = new TypedDocumentString(`
    fragment GuestParts on Guest {
  vmid
  name
  kind
  node
  status
  statusWord
  seenAt
  unknownReason
  haState
  lock
  protected
  ready
  resource
  runStrategy
  runningTask
  stopCause
  tags
  template
  uptimeSeconds
  identity
  usage {
    ...UsageParts
  }
}
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}`, {"fragmentName":"GuestParts"}) as unknown as TypedDocumentString<GuestPartsFragment, unknown>;
export const FiguresPartsFragmentDoc = new TypedDocumentString(`
    fragment FiguresParts on Figures {
  seenAt
  vmids
  uptimeSeconds
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
    `, {"fragmentName":"FiguresParts"}) as unknown as TypedDocumentString<FiguresPartsFragment, unknown>;
export const StoragePartsFragmentDoc = new TypedDocumentString(`
    fragment StorageParts on Storage {
  id
  name
  node
  plugin
  active
  seenAt
  unknownReason
  totalBytes
  usedBytes
}
    `, {"fragmentName":"StorageParts"}) as unknown as TypedDocumentString<StoragePartsFragment, unknown>;
export const HoldPartsFragmentDoc = new TypedDocumentString(`
    fragment HoldParts on Hold {
  scope
  by
  reason
  since
  until
}
    `, {"fragmentName":"HoldParts"}) as unknown as TypedDocumentString<HoldPartsFragment, unknown>;
export const ResourcePartsFragmentDoc = new TypedDocumentString(`
    fragment ResourceParts on Resource {
  key
  kind
  name
  labels {
    name
    value
  }
  spec
  hold {
    ...HoldParts
  }
  status {
    sync
    health
    since
    observedRevision
    headline {
      type
      reason
      message
    }
    conditions {
      type
      status
      reason
      message
    }
  }
}
    fragment HoldParts on Hold {
  scope
  by
  reason
  since
  until
}`, {"fragmentName":"ResourceParts"}) as unknown as TypedDocumentString<ResourcePartsFragment, unknown>;
export const QuorumPartsFragmentDoc = new TypedDocumentString(`
    fragment QuorumParts on Quorum {
  quorate
  expectedVotes
  neededVotes
  onlineVotes
  agreeing
  seenAt
  unknownReason
}
    `, {"fragmentName":"QuorumParts"}) as unknown as TypedDocumentString<QuorumPartsFragment, unknown>;
export const FreezePartsFragmentDoc = new TypedDocumentString(`
    fragment FreezeParts on Freeze {
  state
  scope
  by
  reason
  since
  until
}
    `, {"fragmentName":"FreezeParts"}) as unknown as TypedDocumentString<FreezePartsFragment, unknown>;
export const LoopPartsFragmentDoc = new TypedDocumentString(`
    fragment LoopParts on Loop {
  ready
  epoch
  actingStopped
  lastFetchAt
  lastLookAt
  lastPassAt
  lastPassMillis
  lookFailure
}
    `, {"fragmentName":"LoopParts"}) as unknown as TypedDocumentString<LoopPartsFragment, unknown>;
export const DecisionPartsFragmentDoc = new TypedDocumentString(`
    fragment DecisionParts on Decision {
  id
  attempt
  evidence
  issue
  origin
  resource
  ticket
  action {
    ...ActionParts
  }
  verdict {
    kind
    word
    tier
    code
    rule
    reason
    typed
    until
    refusal {
      ...RefusalParts
    }
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}`, {"fragmentName":"DecisionParts"}) as unknown as TypedDocumentString<DecisionPartsFragment, unknown>;
export const PlanPartsFragmentDoc = new TypedDocumentString(`
    fragment PlanParts on Plan {
  at
  digest
  revision
  inSync
  decisionCount
  wakeAt
  decisions {
    ...DecisionParts
  }
  report {
    subject
    text
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment DecisionParts on Decision {
  id
  attempt
  evidence
  issue
  origin
  resource
  ticket
  action {
    ...ActionParts
  }
  verdict {
    kind
    word
    tier
    code
    rule
    reason
    typed
    until
    refusal {
      ...RefusalParts
    }
  }
}`, {"fragmentName":"PlanParts"}) as unknown as TypedDocumentString<PlanPartsFragment, unknown>;
export const AlertPartsFragmentDoc = new TypedDocumentString(`
    fragment AlertParts on Alert {
  id
  severity
  title
  detail
  issue
  resource
  since
}
    `, {"fragmentName":"AlertParts"}) as unknown as TypedDocumentString<AlertPartsFragment, unknown>;
export const RecordPartsFragmentDoc = new TypedDocumentString(`
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}
    `, {"fragmentName":"RecordParts"}) as unknown as TypedDocumentString<RecordPartsFragment, unknown>;
export const IssuePartsFragmentDoc = new TypedDocumentString(`
    fragment IssueParts on Issue {
  key
  kind
  resource
  summary
  attemptsLeft
  openedAt
  announcedAt
  escalatedAt
  healthySince
  lastOutcome
}
    `, {"fragmentName":"IssueParts"}) as unknown as TypedDocumentString<IssuePartsFragment, unknown>;
export const PolicyPartsFragmentDoc = new TypedDocumentString(`
    fragment PolicyParts on Policy {
  actionsInLastHour
  actionsPerHour
  attemptsPerIssue
  ceiling
  ceilingSet
  commandAllowlist
  defaultAutonomy
  dependencies
  largestPlan
  nodesAtOnce
  protectedGuests
  protectedNodes
  floor {
    autonomy
    ceiling
    ownGuest
    ownNode
    guests
    nodes
    startGatePasses
  }
}
    `, {"fragmentName":"PolicyParts"}) as unknown as TypedDocumentString<PolicyPartsFragment, unknown>;
export const ServicePartsFragmentDoc = new TypedDocumentString(`
    fragment ServiceParts on Service {
  resource
  host
  what
  status
  statusWord
  restartAllowed
  seenAt
  trouble
  unknownReason
}
    `, {"fragmentName":"ServiceParts"}) as unknown as TypedDocumentString<ServicePartsFragment, unknown>;
export const TaskPartsFragmentDoc = new TypedDocumentString(`
    fragment TaskParts on Task {
  upid
  taskType
  node
  user
  vmid
  startedAt
  endedAt
  exit
  succeeded
}
    `, {"fragmentName":"TaskParts"}) as unknown as TypedDocumentString<TaskPartsFragment, unknown>;
export const IntentPartsFragmentDoc = new TypedDocumentString(`
    fragment IntentParts on Intent {
  id
  action {
    ...ActionParts
  }
  attempt
  origin
  stage
  tier
  undo
  outcome
  resource
  loggedAt
  closedAt
  deadline
  upid
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}`, {"fragmentName":"IntentParts"}) as unknown as TypedDocumentString<IntentPartsFragment, unknown>;
export const WindowPartsFragmentDoc = new TypedDocumentString(`
    fragment WindowParts on Window {
  name
  effect
  appliesTo
  schedule
  timeZone
  open
  nextChange
  durationSeconds
  overrun
}
    `, {"fragmentName":"WindowParts"}) as unknown as TypedDocumentString<WindowPartsFragment, unknown>;
export const RevisionPartsFragmentDoc = new TypedDocumentString(`
    fragment RevisionParts on Revision {
  at
  commit
  hash
  pendingCommit
  pendingErrors
  sourceFailure
  withheldDigest
  withheldReason
}
    `, {"fragmentName":"RevisionParts"}) as unknown as TypedDocumentString<RevisionPartsFragment, unknown>;
export const MemoryPartsFragmentDoc = new TypedDocumentString(`
    fragment MemoryParts on MemoryRecord {
  id
  kind
  text
  source
  madeAt
  expiresAt
  pending
}
    `, {"fragmentName":"MemoryParts"}) as unknown as TypedDocumentString<MemoryPartsFragment, unknown>;
export const SpentPartsFragmentDoc = new TypedDocumentString(`
    fragment SpentParts on Spent {
  microDollars
  cap
  percent
}
    `, {"fragmentName":"SpentParts"}) as unknown as TypedDocumentString<SpentPartsFragment, unknown>;
export const SpentByPartsFragmentDoc = new TypedDocumentString(`
    fragment SpentByParts on SpentBy {
  name
  microDollars
  questions
}
    `, {"fragmentName":"SpentByParts"}) as unknown as TypedDocumentString<SpentByPartsFragment, unknown>;
export const CostPartsFragmentDoc = new TypedDocumentString(`
    fragment CostParts on Costs {
  day {
    ...SpentParts
  }
  week {
    ...SpentParts
  }
  month {
    ...SpentParts
  }
  byModel {
    ...SpentByParts
  }
  byKind {
    ...SpentByParts
  }
  days {
    ...SpentByParts
  }
  warnings
  pricesAsOf
  reserved
}
    fragment SpentParts on Spent {
  microDollars
  cap
  percent
}
fragment SpentByParts on SpentBy {
  name
  microDollars
  questions
}`, {"fragmentName":"CostParts"}) as unknown as TypedDocumentString<CostPartsFragment, unknown>;
export const ConversationsDocument = new TypedDocumentString(`
    query Conversations {
  conversations(first: 50) {
    ...HeadParts
  }
}
    fragment HeadParts on Conversation {
  id
  title
  startedAt
  lastAt
  microDollars
}`) as unknown as TypedDocumentString<ConversationsQuery, ConversationsQueryVariables>;
export const SendMessageDocument = new TypedDocumentString(`
    mutation SendMessage($conversation: String, $text: String!) {
  sendMessage(conversation: $conversation, text: $text) {
    conversation
    seq
  }
}
    `) as unknown as TypedDocumentString<SendMessageMutation, SendMessageMutationVariables>;
export const CancelMessageDocument = new TypedDocumentString(`
    mutation CancelMessage($conversation: String!) {
  cancelMessage(conversation: $conversation)
}
    `) as unknown as TypedDocumentString<CancelMessageMutation, CancelMessageMutationVariables>;
export const DeleteConversationDocument = new TypedDocumentString(`
    mutation DeleteConversation($id: String!) {
  deleteConversation(id: $id)
}
    `) as unknown as TypedDocumentString<DeleteConversationMutation, DeleteConversationMutationVariables>;
export const ConversationNowDocument = new TypedDocumentString(`
    query ConversationNow($id: String!) {
  conversation(id: $id) {
    messages {
      ...MessageParts
    }
  }
}
    fragment MindParts on Mind {
  name
  local
  reason
  promptTokens
  outputTokens
  microDollars
}
fragment CardParts on Card {
  kind
  notes
  title
  reason
  say
  ticket {
    ...TicketParts
  }
  proposal {
    ...ProposalParts
  }
}
fragment MessageParts on Message {
  seq
  at
  user
  text
  state
  problem
  suggestions
  unfounded
  mind {
    ...MindParts
  }
  facts {
    claim
    source
    at
  }
  tools {
    tool
    arguments
    result
    isError
  }
  cards {
    ...CardParts
  }
}
fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<ConversationNowQuery, ConversationNowQueryVariables>;
export const ConversationDocument = new TypedDocumentString(`
    subscription Conversation($id: String!) {
  conversation(id: $id) {
    snapshot
    gone
    messages {
      ...MessageParts
    }
    added {
      seq
      from
      text
    }
  }
}
    fragment MindParts on Mind {
  name
  local
  reason
  promptTokens
  outputTokens
  microDollars
}
fragment CardParts on Card {
  kind
  notes
  title
  reason
  say
  ticket {
    ...TicketParts
  }
  proposal {
    ...ProposalParts
  }
}
fragment MessageParts on Message {
  seq
  at
  user
  text
  state
  problem
  suggestions
  unfounded
  mind {
    ...MindParts
  }
  facts {
    claim
    source
    at
  }
  tools {
    tool
    arguments
    result
    isError
  }
  cards {
    ...CardParts
  }
}
fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<ConversationSubscription, ConversationSubscriptionVariables>;
export const MeDocument = new TypedDocumentString(`
    query Me {
  me {
    user
    role
    door
    token
  }
  version {
    version
    now
    journalHead
  }
}
    `) as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const StartDocument = new TypedDocumentString(`
    query Start {
  clusters {
    name
  }
  events(first: 100) {
    ...RecordParts
  }
  version {
    journalHead
    version
    now
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<StartQuery, StartQueryVariables>;
export const SideDocument = new TypedDocumentString(`
    query Side {
  issues {
    ...IssueParts
  }
  tickets {
    ...TicketParts
  }
  policy {
    ...PolicyParts
  }
  services {
    ...ServiceParts
  }
  tasks(first: 60) {
    ...TaskParts
  }
  holds {
    ...HoldParts
  }
  intents {
    ...IntentParts
  }
  windows {
    ...WindowParts
  }
  revision {
    ...RevisionParts
  }
  passedLimits {
    issue
    resource
    threshold
    value
    counts
    since
    seenAt
  }
}
    fragment HoldParts on Hold {
  scope
  by
  reason
  since
  until
}
fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment IssueParts on Issue {
  key
  kind
  resource
  summary
  attemptsLeft
  openedAt
  announcedAt
  escalatedAt
  healthySince
  lastOutcome
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}
fragment PolicyParts on Policy {
  actionsInLastHour
  actionsPerHour
  attemptsPerIssue
  ceiling
  ceilingSet
  commandAllowlist
  defaultAutonomy
  dependencies
  largestPlan
  nodesAtOnce
  protectedGuests
  protectedNodes
  floor {
    autonomy
    ceiling
    ownGuest
    ownNode
    guests
    nodes
    startGatePasses
  }
}
fragment ServiceParts on Service {
  resource
  host
  what
  status
  statusWord
  restartAllowed
  seenAt
  trouble
  unknownReason
}
fragment TaskParts on Task {
  upid
  taskType
  node
  user
  vmid
  startedAt
  endedAt
  exit
  succeeded
}
fragment IntentParts on Intent {
  id
  action {
    ...ActionParts
  }
  attempt
  origin
  stage
  tier
  undo
  outcome
  resource
  loggedAt
  closedAt
  deadline
  upid
}
fragment WindowParts on Window {
  name
  effect
  appliesTo
  schedule
  timeZone
  open
  nextChange
  durationSeconds
  overrun
}
fragment RevisionParts on Revision {
  at
  commit
  hash
  pendingCommit
  pendingErrors
  sourceFailure
  withheldDigest
  withheldReason
}`) as unknown as TypedDocumentString<SideQuery, SideQueryVariables>;
export const ClusterUpdatesDocument = new TypedDocumentString(`
    subscription ClusterUpdates {
  clusterUpdates(columns: true) {
    seq
    at
    resync
    version
    snapshot {
      nodes {
        ...NodeParts
      }
      guests {
        ...GuestParts
      }
      storages {
        ...StorageParts
      }
      resources {
        ...ResourceParts
      }
      quorum {
        ...QuorumParts
      }
      freeze {
        ...FreezeParts
      }
      loop {
        ...LoopParts
      }
    }
    delta {
      nodes {
        ...NodeParts
      }
      guests {
        ...GuestParts
      }
      storages {
        ...StorageParts
      }
      resources {
        ...ResourceParts
      }
      quorum {
        ...QuorumParts
      }
      freeze {
        ...FreezeParts
      }
      loop {
        ...LoopParts
      }
      figures {
        ...FiguresParts
      }
      removedNodes
      removedGuests
      removedStorages
      removedResources
    }
  }
}
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
fragment NodeParts on Node {
  name
  status
  seenAt
  unknownReason
  meantAway
  apiAnswers
  guests
  guestsRunning
  haState
  ip
  protected
  resource
  returnedAt
  uptimeSeconds
  votes
  usage {
    ...UsageParts
  }
  host {
    cores
    cpuPressure
    ioPressure
    memoryPressure
    load
    seenAt
    temperature
    trouble
    unknownReason
  }
}
fragment GuestParts on Guest {
  vmid
  name
  kind
  node
  status
  statusWord
  seenAt
  unknownReason
  haState
  lock
  protected
  ready
  resource
  runStrategy
  runningTask
  stopCause
  tags
  template
  uptimeSeconds
  identity
  usage {
    ...UsageParts
  }
}
fragment FiguresParts on Figures {
  seenAt
  vmids
  uptimeSeconds
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
fragment StorageParts on Storage {
  id
  name
  node
  plugin
  active
  seenAt
  unknownReason
  totalBytes
  usedBytes
}
fragment HoldParts on Hold {
  scope
  by
  reason
  since
  until
}
fragment ResourceParts on Resource {
  key
  kind
  name
  labels {
    name
    value
  }
  spec
  hold {
    ...HoldParts
  }
  status {
    sync
    health
    since
    observedRevision
    headline {
      type
      reason
      message
    }
    conditions {
      type
      status
      reason
      message
    }
  }
}
fragment QuorumParts on Quorum {
  quorate
  expectedVotes
  neededVotes
  onlineVotes
  agreeing
  seenAt
  unknownReason
}
fragment FreezeParts on Freeze {
  state
  scope
  by
  reason
  since
  until
}
fragment LoopParts on Loop {
  ready
  epoch
  actingStopped
  lastFetchAt
  lastLookAt
  lastPassAt
  lastPassMillis
  lookFailure
}`) as unknown as TypedDocumentString<ClusterUpdatesSubscription, ClusterUpdatesSubscriptionVariables>;
export const PictureDocument = new TypedDocumentString(`
    query Picture($after: Counter!) {
  version {
    now
  }
  clusters {
    loop {
      ...LoopParts
    }
  }
  nodes {
    ...NodeParts
  }
  storage {
    ...StorageParts
  }
  quorum {
    ...QuorumParts
  }
  freeze {
    ...FreezeParts
  }
  alerts {
    ...AlertParts
  }
  events(after: $after, first: 100) {
    ...RecordParts
  }
}
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
fragment NodeParts on Node {
  name
  status
  seenAt
  unknownReason
  meantAway
  apiAnswers
  guests
  guestsRunning
  haState
  ip
  protected
  resource
  returnedAt
  uptimeSeconds
  votes
  usage {
    ...UsageParts
  }
  host {
    cores
    cpuPressure
    ioPressure
    memoryPressure
    load
    seenAt
    temperature
    trouble
    unknownReason
  }
}
fragment StorageParts on Storage {
  id
  name
  node
  plugin
  active
  seenAt
  unknownReason
  totalBytes
  usedBytes
}
fragment QuorumParts on Quorum {
  quorate
  expectedVotes
  neededVotes
  onlineVotes
  agreeing
  seenAt
  unknownReason
}
fragment FreezeParts on Freeze {
  state
  scope
  by
  reason
  since
  until
}
fragment LoopParts on Loop {
  ready
  epoch
  actingStopped
  lastFetchAt
  lastLookAt
  lastPassAt
  lastPassMillis
  lookFailure
}
fragment AlertParts on Alert {
  id
  severity
  title
  detail
  issue
  resource
  since
}
fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<PictureQuery, PictureQueryVariables>;
export const PictureResourcesDocument = new TypedDocumentString(`
    query PictureResources {
  resources {
    ...ResourceParts
  }
  plan {
    ...PlanParts
  }
}
    fragment HoldParts on Hold {
  scope
  by
  reason
  since
  until
}
fragment ResourceParts on Resource {
  key
  kind
  name
  labels {
    name
    value
  }
  spec
  hold {
    ...HoldParts
  }
  status {
    sync
    health
    since
    observedRevision
    headline {
      type
      reason
      message
    }
    conditions {
      type
      status
      reason
      message
    }
  }
}
fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment DecisionParts on Decision {
  id
  attempt
  evidence
  issue
  origin
  resource
  ticket
  action {
    ...ActionParts
  }
  verdict {
    kind
    word
    tier
    code
    rule
    reason
    typed
    until
    refusal {
      ...RefusalParts
    }
  }
}
fragment PlanParts on Plan {
  at
  digest
  revision
  inSync
  decisionCount
  wakeAt
  decisions {
    ...DecisionParts
  }
  report {
    subject
    text
  }
}`) as unknown as TypedDocumentString<PictureResourcesQuery, PictureResourcesQueryVariables>;
export const PictureGuestsDocument = new TypedDocumentString(`
    query PictureGuests($after: String) {
  guests(first: 50, after: $after) {
    nodes {
      ...GuestParts
    }
    pageInfo {
      endCursor
      hasNextPage
    }
  }
}
    fragment UsageParts on Usage {
  cpu
  maxCpu
  memBytes
  maxMemBytes
  diskBytes
  maxDiskBytes
}
fragment GuestParts on Guest {
  vmid
  name
  kind
  node
  status
  statusWord
  seenAt
  unknownReason
  haState
  lock
  protected
  ready
  resource
  runStrategy
  runningTask
  stopCause
  tags
  template
  uptimeSeconds
  identity
  usage {
    ...UsageParts
  }
}`) as unknown as TypedDocumentString<PictureGuestsQuery, PictureGuestsQueryVariables>;
export const PlanUpdatesDocument = new TypedDocumentString(`
    subscription PlanUpdates {
  planUpdates {
    ...PlanParts
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment DecisionParts on Decision {
  id
  attempt
  evidence
  issue
  origin
  resource
  ticket
  action {
    ...ActionParts
  }
  verdict {
    kind
    word
    tier
    code
    rule
    reason
    typed
    until
    refusal {
      ...RefusalParts
    }
  }
}
fragment PlanParts on Plan {
  at
  digest
  revision
  inSync
  decisionCount
  wakeAt
  decisions {
    ...DecisionParts
  }
  report {
    subject
    text
  }
}`) as unknown as TypedDocumentString<PlanUpdatesSubscription, PlanUpdatesSubscriptionVariables>;
export const AlertUpdatesDocument = new TypedDocumentString(`
    subscription AlertUpdates {
  alertUpdates {
    ...AlertParts
  }
}
    fragment AlertParts on Alert {
  id
  severity
  title
  detail
  issue
  resource
  since
}`) as unknown as TypedDocumentString<AlertUpdatesSubscription, AlertUpdatesSubscriptionVariables>;
export const FreezeUpdatesDocument = new TypedDocumentString(`
    subscription FreezeUpdates {
  freezeUpdates {
    ...FreezeParts
  }
}
    fragment FreezeParts on Freeze {
  state
  scope
  by
  reason
  since
  until
}`) as unknown as TypedDocumentString<FreezeUpdatesSubscription, FreezeUpdatesSubscriptionVariables>;
export const EventsDocument = new TypedDocumentString(`
    subscription Events($after: Counter) {
  events(afterSeq: $after) {
    ...RecordParts
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<EventsSubscription, EventsSubscriptionVariables>;
export const RequestActionDocument = new TypedDocumentString(`
    mutation RequestAction($action: ActionInput!, $hold: Int) {
  requestAction(action: $action, holdSeconds: $hold) {
    ...TicketParts
  }
}
    fragment ActionParts on Action {
  name
  text
  vmid
  node
  host
  service
  snapshot
  targetNode
  argv
}
fragment RefusalParts on Refusal {
  code
  reason
  resource
  rule
  tier
  unblock
}
fragment TicketParts on Ticket {
  id
  state
  isFinal
  origin
  createdAt
  notBefore
  expiresAt
  digest
  typed
  holdSeconds
  intent
  outcome
  confirmedBy
  notes
  action {
    ...ActionParts
  }
  refusal {
    ...RefusalParts
  }
}`) as unknown as TypedDocumentString<RequestActionMutation, RequestActionMutationVariables>;
export const ConfirmDocument = new TypedDocumentString(`
    mutation Confirm($digest: String!, $ticket: String, $typed: String) {
  confirm(digest: $digest, ticket: $ticket, typed: $typed)
}
    `) as unknown as TypedDocumentString<ConfirmMutation, ConfirmMutationVariables>;
export const RejectDocument = new TypedDocumentString(`
    mutation Reject($ticket: String!) {
  reject(ticket: $ticket)
}
    `) as unknown as TypedDocumentString<RejectMutation, RejectMutationVariables>;
export const RecallDocument = new TypedDocumentString(`
    mutation Recall($ticket: String!) {
  recall(ticket: $ticket)
}
    `) as unknown as TypedDocumentString<RecallMutation, RecallMutationVariables>;
export const FreezeDocument = new TypedDocumentString(`
    mutation Freeze($reason: String!, $scope: FreezeScope!, $ttl: Int) {
  freeze(reason: $reason, scope: $scope, ttlSeconds: $ttl) {
    ...FreezeParts
  }
}
    fragment FreezeParts on Freeze {
  state
  scope
  by
  reason
  since
  until
}`) as unknown as TypedDocumentString<FreezeMutation, FreezeMutationVariables>;
export const ThawDocument = new TypedDocumentString(`
    mutation Thaw {
  thaw
}
    `) as unknown as TypedDocumentString<ThawMutation, ThawMutationVariables>;
export const HoldDocument = new TypedDocumentString(`
    mutation Hold($scope: String!, $reason: String!, $ttl: Int) {
  hold(scope: $scope, reason: $reason, ttlSeconds: $ttl)
}
    `) as unknown as TypedDocumentString<HoldMutation, HoldMutationVariables>;
export const ReleaseDocument = new TypedDocumentString(`
    mutation Release($scope: String!) {
  release(scope: $scope)
}
    `) as unknown as TypedDocumentString<ReleaseMutation, ReleaseMutationVariables>;
export const ReconcileNowDocument = new TypedDocumentString(`
    mutation ReconcileNow {
  reconcileNow
}
    `) as unknown as TypedDocumentString<ReconcileNowMutation, ReconcileNowMutationVariables>;
export const AcknowledgeDocument = new TypedDocumentString(`
    mutation Acknowledge($issue: String!) {
  acknowledge(issue: $issue)
}
    `) as unknown as TypedDocumentString<AcknowledgeMutation, AcknowledgeMutationVariables>;
export const AcceptIdentityDocument = new TypedDocumentString(`
    mutation AcceptIdentity($identity: String!, $vmid: Int!) {
  acceptIdentity(identity: $identity, vmid: $vmid)
}
    `) as unknown as TypedDocumentString<AcceptIdentityMutation, AcceptIdentityMutationVariables>;
export const SetCeilingDocument = new TypedDocumentString(`
    mutation SetCeiling($ceiling: Autonomy) {
  setAutonomyCeiling(ceiling: $ceiling)
}
    `) as unknown as TypedDocumentString<SetCeilingMutation, SetCeilingMutationVariables>;
export const RecordAtDocument = new TypedDocumentString(`
    query RecordAt($after: Counter!) {
  events(after: $after, first: 1, all: true) {
    ...RecordParts
    hash
    data
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<RecordAtQuery, RecordAtQueryVariables>;
export const EventsPageDocument = new TypedDocumentString(`
    query EventsPage($before: Counter, $first: Int!, $filter: EventFilter!) {
  events(before: $before, first: $first, filter: $filter) {
    ...RecordParts
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<EventsPageQuery, EventsPageQueryVariables>;
export const AuditPageDocument = new TypedDocumentString(`
    query AuditPage($before: Counter, $first: Int!, $filter: EventFilter!) {
  audit(before: $before, first: $first, filter: $filter) {
    ...RecordParts
    hash
    data
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<AuditPageQuery, AuditPageQueryVariables>;
export const GuestTasksDocument = new TypedDocumentString(`
    query GuestTasks($vmid: Int!) {
  tasks(first: 12, vmid: $vmid) {
    ...TaskParts
  }
}
    fragment TaskParts on Task {
  upid
  taskType
  node
  user
  vmid
  startedAt
  endedAt
  exit
  succeeded
}`) as unknown as TypedDocumentString<GuestTasksQuery, GuestTasksQueryVariables>;
export const ResourceEventsDocument = new TypedDocumentString(`
    query ResourceEvents($filter: EventFilter!) {
  events(first: 12, filter: $filter) {
    ...RecordParts
  }
}
    fragment RecordParts on Record {
  seq
  at
  severity
  name
  title
  detail
  resource
  audit
  feed
}`) as unknown as TypedDocumentString<ResourceEventsQuery, ResourceEventsQueryVariables>;
export const LastBackupDocument = new TypedDocumentString(`
    query LastBackup($vmid: Int!) {
  lastBackup(vmid: $vmid) {
    at
    unknownReason
  }
}
    `) as unknown as TypedDocumentString<LastBackupQuery, LastBackupQueryVariables>;
export const NodeSensorsDocument = new TypedDocumentString(`
    query NodeSensors($name: String!) {
  node(name: $name) {
    host {
      temperatures {
        sensor
        celsius
      }
    }
  }
}
    `) as unknown as TypedDocumentString<NodeSensorsQuery, NodeSensorsQueryVariables>;
export const AccessDocument = new TypedDocumentString(`
    query Access {
  tokens {
    name
    role
    scopes
    by
    createdAt
    expiresAt
  }
  users {
    name
    role
    oneTime
    sessionsFrom
  }
}
    `) as unknown as TypedDocumentString<AccessQuery, AccessQueryVariables>;
export const CreateTokenDocument = new TypedDocumentString(`
    mutation CreateToken($name: String!, $role: Role!, $scopes: [Scope!]!, $ttl: Int) {
  createToken(name: $name, role: $role, scopes: $scopes, ttlSeconds: $ttl) {
    name
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateTokenMutation, CreateTokenMutationVariables>;
export const RevokeTokenDocument = new TypedDocumentString(`
    mutation RevokeToken($name: String!) {
  revokeToken(name: $name)
}
    `) as unknown as TypedDocumentString<RevokeTokenMutation, RevokeTokenMutationVariables>;
export const CreateUserDocument = new TypedDocumentString(`
    mutation CreateUser($name: String!, $password: String!, $role: Role!) {
  createUser(name: $name, password: $password, role: $role)
}
    `) as unknown as TypedDocumentString<CreateUserMutation, CreateUserMutationVariables>;
export const RemoveUserDocument = new TypedDocumentString(`
    mutation RemoveUser($name: String!) {
  removeUser(name: $name)
}
    `) as unknown as TypedDocumentString<RemoveUserMutation, RemoveUserMutationVariables>;
export const RevokeSessionsDocument = new TypedDocumentString(`
    mutation RevokeSessions($user: String!) {
  revokeSessions(user: $user)
}
    `) as unknown as TypedDocumentString<RevokeSessionsMutation, RevokeSessionsMutationVariables>;
export const ManifestsDocument = new TypedDocumentString(`
    query Manifests {
  manifests {
    path
    content
    bytes
    commit
    resources {
      key
      line
    }
  }
}
    `) as unknown as TypedDocumentString<ManifestsQuery, ManifestsQueryVariables>;
export const ProposalsDocument = new TypedDocumentString(`
    query Proposals {
  proposals {
    ...ProposalParts
  }
}
    fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<ProposalsQuery, ProposalsQueryVariables>;
export const ManifestSchemasDocument = new TypedDocumentString(`
    query ManifestSchemas {
  manifestSchemas {
    kind
    schema
  }
}
    `) as unknown as TypedDocumentString<ManifestSchemasQuery, ManifestSchemasQueryVariables>;
export const ValidateManifestsDocument = new TypedDocumentString(`
    query ValidateManifests($files: [FileEdit!]!) {
  validateManifests(files: $files) {
    path
    line
    column
    resource
    field
    problem
    hint
    text
  }
}
    `) as unknown as TypedDocumentString<ValidateManifestsQuery, ValidateManifestsQueryVariables>;
export const PreviewChangeDocument = new TypedDocumentString(`
    query PreviewChange($files: [FileEdit!]!) {
  previewChange(files: $files) {
    base
    diff
    effect
    needs
    needsReason
    decisions {
      text
      resource
      verdict
      reason
      new
    }
    errors {
      path
      line
      column
      problem
      hint
      text
    }
    warnings {
      path
      line
      column
      problem
      hint
      text
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewChangeQuery, PreviewChangeQueryVariables>;
export const ProposeChangeDocument = new TypedDocumentString(`
    mutation ProposeChange($title: String!, $reason: String!, $files: [FileEdit!]!) {
  proposeChange(title: $title, reason: $reason, files: $files) {
    ...ProposalParts
  }
}
    fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<ProposeChangeMutation, ProposeChangeMutationVariables>;
export const ApproveProposalDocument = new TypedDocumentString(`
    mutation ApproveProposal($id: String!, $digest: String!) {
  approveProposal(id: $id, digest: $digest) {
    ...ProposalParts
  }
}
    fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<ApproveProposalMutation, ApproveProposalMutationVariables>;
export const RejectProposalDocument = new TypedDocumentString(`
    mutation RejectProposal($id: String!, $reason: String!) {
  rejectProposal(id: $id, reason: $reason) {
    ...ProposalParts
  }
}
    fragment ProposalParts on Proposal {
  id
  title
  reason
  by
  madeAt
  expiresAt
  state
  outcome
  digest
  needs
  needsReason
  mayApprove
  base
  diff
  effect
  decisions {
    text
    resource
    verdict
    reason
    new
  }
  resources {
    key
  }
  decidedBy
  decidedAt
  commit
  branch
  pullRequest
}`) as unknown as TypedDocumentString<RejectProposalMutation, RejectProposalMutationVariables>;
export const SnapshotsDocument = new TypedDocumentString(`
    query Snapshots($vmid: Int!) {
  snapshots(vmid: $vmid) {
    seenAt
    snapshots {
      name
      description
      at
      memory
      parent
    }
  }
}
    `) as unknown as TypedDocumentString<SnapshotsQuery, SnapshotsQueryVariables>;
export const TaskLogDocument = new TypedDocumentString(`
    query TaskLog($upid: String!) {
  taskLog(upid: $upid)
}
    `) as unknown as TypedDocumentString<TaskLogQuery, TaskLogQueryVariables>;
export const WeekDocument = new TypedDocumentString(`
    query Week($series: [String!]!, $since: Time!) {
  hourlyHistories(series: $series, since: $since) {
    series
    hours {
      began
      min
      mean
      max
      looks
    }
  }
}
    `) as unknown as TypedDocumentString<WeekQuery, WeekQueryVariables>;
export const HistoriesDocument = new TypedDocumentString(`
    query Histories($series: [String!]!, $points: Int!) {
  histories(series: $series, points: $points) {
    series
    points {
      at
      value
    }
  }
}
    `) as unknown as TypedDocumentString<HistoriesQuery, HistoriesQueryVariables>;
export const ChannelsDocument = new TypedDocumentString(`
    query Channels {
  notificationChannels {
    name
    resource
    way
    target
    minimumSeverity
    quiet
    dailyReport
    waiting
  }
}
    `) as unknown as TypedDocumentString<ChannelsQuery, ChannelsQueryVariables>;
export const TestNotificationDocument = new TypedDocumentString(`
    mutation TestNotification($channel: String!) {
  testNotification(channel: $channel) {
    accepted
    text
  }
}
    `) as unknown as TypedDocumentString<TestNotificationMutation, TestNotificationMutationVariables>;
export const AuditChainDocument = new TypedDocumentString(`
    query AuditChain {
  auditChain {
    head
    headHash
    intact
    checked
    problem
    exportJsonLines
    exportCsv
  }
}
    `) as unknown as TypedDocumentString<AuditChainQuery, AuditChainQueryVariables>;
export const NodeUpdatesDocument = new TypedDocumentString(`
    query NodeUpdates {
  nodes {
    name
    pendingUpdates
    pendingUpdatesAt
  }
}
    `) as unknown as TypedDocumentString<NodeUpdatesQuery, NodeUpdatesQueryVariables>;
export const RunbooksDocument = new TypedDocumentString(`
    query Runbooks {
  runbooks {
    name
    builtIn
    resource
    trigger
    attempts
    perSeconds
    escalateTo
    steps {
      text
      verify
      timeoutSeconds
    }
    issues {
      key
      attemptsUsed
      attemptsLeft
      step
      escalated
    }
  }
}
    `) as unknown as TypedDocumentString<RunbooksQuery, RunbooksQueryVariables>;
export const MemoryDocument = new TypedDocumentString(`
    query Memory($text: String!) {
  memory(text: $text) {
    ...MemoryParts
  }
}
    fragment MemoryParts on MemoryRecord {
  id
  kind
  text
  source
  madeAt
  expiresAt
  pending
}`) as unknown as TypedDocumentString<MemoryQuery, MemoryQueryVariables>;
export const ForgetDocument = new TypedDocumentString(`
    mutation Forget($id: String!) {
  forget(id: $id)
}
    `) as unknown as TypedDocumentString<ForgetMutation, ForgetMutationVariables>;
export const CorrectMemoryDocument = new TypedDocumentString(`
    mutation CorrectMemory($id: String!, $text: String!) {
  correctMemory(id: $id, text: $text) {
    ...MemoryParts
  }
}
    fragment MemoryParts on MemoryRecord {
  id
  kind
  text
  source
  madeAt
  expiresAt
  pending
}`) as unknown as TypedDocumentString<CorrectMemoryMutation, CorrectMemoryMutationVariables>;
export const RememberFactDocument = new TypedDocumentString(`
    mutation RememberFact($text: String!) {
  rememberFact(text: $text) {
    ...MemoryParts
  }
}
    fragment MemoryParts on MemoryRecord {
  id
  kind
  text
  source
  madeAt
  expiresAt
  pending
}`) as unknown as TypedDocumentString<RememberFactMutation, RememberFactMutationVariables>;
export const ConfirmFactDocument = new TypedDocumentString(`
    mutation ConfirmFact($id: String!) {
  confirmFact(id: $id) {
    ...MemoryParts
  }
}
    fragment MemoryParts on MemoryRecord {
  id
  kind
  text
  source
  madeAt
  expiresAt
  pending
}`) as unknown as TypedDocumentString<ConfirmFactMutation, ConfirmFactMutationVariables>;
export const CostsDocument = new TypedDocumentString(`
    query Costs {
  costs {
    ...CostParts
  }
}
    fragment SpentParts on Spent {
  microDollars
  cap
  percent
}
fragment SpentByParts on SpentBy {
  name
  microDollars
  questions
}
fragment CostParts on Costs {
  day {
    ...SpentParts
  }
  week {
    ...SpentParts
  }
  month {
    ...SpentParts
  }
  byModel {
    ...SpentByParts
  }
  byKind {
    ...SpentByParts
  }
  days {
    ...SpentByParts
  }
  warnings
  pricesAsOf
  reserved
}`) as unknown as TypedDocumentString<CostsQuery, CostsQueryVariables>;
export const CostUpdatesDocument = new TypedDocumentString(`
    subscription CostUpdates {
  costUpdates {
    ...CostParts
  }
}
    fragment SpentParts on Spent {
  microDollars
  cap
  percent
}
fragment SpentByParts on SpentBy {
  name
  microDollars
  questions
}
fragment CostParts on Costs {
  day {
    ...SpentParts
  }
  week {
    ...SpentParts
  }
  month {
    ...SpentParts
  }
  byModel {
    ...SpentByParts
  }
  byKind {
    ...SpentByParts
  }
  days {
    ...SpentByParts
  }
  warnings
  pricesAsOf
  reserved
}`) as unknown as TypedDocumentString<CostUpdatesSubscription, CostUpdatesSubscriptionVariables>;
export const MindsDocument = new TypedDocumentString(`
    query Minds {
  minds {
    name
    local
    state
    reason
  }
}
    `) as unknown as TypedDocumentString<MindsQuery, MindsQueryVariables>;