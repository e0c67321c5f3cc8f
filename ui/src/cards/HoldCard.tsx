import { useState } from "react";
import { type PendingAction, ui } from "../app/ui-state";
import { go } from "../app/places";
import { HOLD_SECONDS, request } from "../commands/deeds";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";

/** An action that contradicts a manifest: do and hold, or change the manifest. */
export function HoldCard({ pending }: { pending: PendingAction }) {
  const close = () => ui.set({ pending: null });
  const [isBusy, setBusy] = useState(false);
  const run = async (hold: number | null) => {
    setBusy(true);
    await request(pending, hold);
    close();
  };
  return (
    <Modal title="Against its manifest" look="card" tone="warn" onClose={close}>
      <p className="card-title">{pending.verb} {pending.target}?</p>
      <p>{pending.against} Without a hold I would undo it at the next pass.</p>
      <footer className="row-wrap">
        <Button look="primary" autoFocus disabled={isBusy} onClick={() => void run(HOLD_SECONDS)}>{pending.verb} and hold 1 h</Button>
        <Button disabled={isBusy} onClick={() => void run(null)}>{pending.verb} without hold</Button>
        <Button onClick={() => { close(); go("/manifests"); }}>Change the manifest</Button>
        <Button onClick={close} keys="Esc">Cancel</Button>
      </footer>
    </Modal>
  );
}
