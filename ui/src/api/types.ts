// Short names for what the API sends, from the generated fragments.
import type { GuestPartsFragment } from "./generated/graphql";

export type {
  ActionInput,
  ActionPartsFragment as Action,
  AlertPartsFragment as Alert,
  Autonomy,
  CardPartsFragment as Card,
  ConversationSubscription,
  CostPartsFragment as Costs,
  DecisionPartsFragment as Decision,
  FiguresPartsFragment as Figures,
  FreezePartsFragment as Freeze,
  HeadPartsFragment as Head,
  HoldPartsFragment as Hold,
  IntentPartsFragment as Intent,
  IssuePartsFragment as Issue,
  LoopPartsFragment as Loop,
  MemoryPartsFragment as MemoryRecord,
  MessagePartsFragment as Message,
  MindPartsFragment as Mind,
  NodePartsFragment as Node,
  PlanPartsFragment as Plan,
  PolicyPartsFragment as Policy,
  ProposalPartsFragment as Proposal,
  QuorumPartsFragment as Quorum,
  RecordPartsFragment as Record,
  RefusalPartsFragment as Refusal,
  ResourcePartsFragment as Resource,
  RevisionPartsFragment as Revision,
  Role,
  ServicePartsFragment as Service,
  SpentByPartsFragment as SpentBy,
  SpentPartsFragment as Spent,
  StoragePartsFragment as Storage,
  TaskPartsFragment as Task,
  TicketPartsFragment as Ticket,
  Tier,
  WindowPartsFragment as Window,
} from "./generated/graphql";

/** A guest as it is told, with its figures. */
export type ToldGuest = GuestPartsFragment;

/** A guest without its figures: those are kept by column, and in here they would be old. */
export type Guest = Omit<ToldGuest, "seenAt" | "uptimeSeconds" | "usage">;
