import { hold, lockReason, release } from "../commands/deeds";
import { useLive } from "../live/store";
import { Button } from "../ui/Button";

/** Has a resource left alone for an hour, or ends the hold on it; one on its node or the cluster is named, since others are under it, too. */
export function HoldButton({ resource }: { resource: string }) {
  useLive((state) => state.link);
  const scope = useLive((state) => state.resources.get(resource)?.hold?.scope);
  if (!scope) return <Button locked={lockReason()} onClick={() => void hold(resource)}>Hold 1 h</Button>;
  return <Button locked={lockReason()} onClick={() => void release(scope)}>{scope === resource ? "Release hold" : `Release hold on ${scope}`}</Button>;
}
