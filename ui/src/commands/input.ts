import type { PendingAction } from "../app/ui-state";
import type { ActionInput } from "../api/generated/graphql";

/** What the server is asked for: the action's name and everything that says on what; words for people stay here. */
export function inputOf({ name, vmid, node, host, service, snapshot }: PendingAction): ActionInput {
  return {
    name,
    ...(vmid === undefined ? {} : { vmid }),
    ...(node === undefined ? {} : { node }),
    ...(host === undefined ? {} : { host }),
    ...(service === undefined ? {} : { service }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}
