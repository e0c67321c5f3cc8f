import { ConfirmCard } from "../cards/ConfirmCard";
import { FreezeCard, ThawCard } from "../cards/FreezeCard";
import { HoldCard } from "../cards/HoldCard";
import { KeysCard } from "../cards/KeysCard";
import { Palette } from "../cards/Palette";
import { RefusedCard } from "../cards/RefusedCard";
import { DecisionDrawer } from "../drawers/DecisionDrawer";
import { EventDrawer } from "../drawers/EventDrawer";
import { GuestDrawer } from "../drawers/GuestDrawer";
import { NodeDrawer } from "../drawers/NodeDrawer";
import { useOpen } from "./address";
import { useUi } from "./ui-state";

/** Everything that stands over the page: at most one drawer, and one card over it. */
export function Overlays() {
  const state = useUi();
  return (
    <>
      <Drawer />
      {state.palette ? <Palette /> : null}
      {state.keys ? <KeysCard /> : null}
      {state.freezing ? <FreezeCard /> : null}
      {state.thawing ? <ThawCard /> : null}
      {state.pending ? <HoldCard pending={state.pending} /> : null}
      {state.card ? <ConfirmCard of={state.card} /> : null}
      {state.refused ? <RefusedCard what={state.refused.what} refusal={state.refused.refusal} /> : null}
    </>
  );
}

function Drawer() {
  const [kind, ...rest] = useOpen().split("/");
  const name = rest.join("/");
  if (!name) return null;
  switch (kind) {
    case "guest": return <GuestDrawer key={name} vmid={Number(name)} />;
    case "node": return <NodeDrawer key={name} name={name} />;
    case "decision": return <DecisionDrawer key={name} id={name} />;
    case "event": return <EventDrawer key={name} seq={Number(name)} />;
    default: return null;
  }
}
