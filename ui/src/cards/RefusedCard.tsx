import type { Refusal } from "../api/types";
import { ui } from "../app/ui-state";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { TierMark } from "../ui/TierMark";

/** Why something will not be done, and what would unblock it. */
export function RefusedCard({ what, refusal }: { what: string; refusal: Refusal }) {
  const close = () => ui.set({ refused: null });
  return (
    <Modal title="I must decline" look="card" tone={refusal.tier === "BLACK" ? "black" : "crit"} note={<span>{refusal.code}</span>} onClose={close}>
      <TierMark tier={refusal.tier} />
      <p className="card-title">{what}</p>
      <RefusalFacts refusal={refusal} />
      <footer className="row-wrap"><Button autoFocus onClick={close} keys="Esc">Very well</Button></footer>
    </Modal>
  );
}

export function RefusalFacts({ refusal }: { refusal: Refusal }) {
  return (
    <dl className="facts">
      <dt>Why</dt>
      <dd>{refusal.reason}</dd>
      <dt>About</dt>
      <dd>{refusal.resource}</dd>
      <dt>What would unblock it</dt>
      <dd>{refusal.unblock}</dd>
      <dt>Rule</dt>
      <dd className="mono">{refusal.rule} {refusal.code}</dd>
    </dl>
  );
}
