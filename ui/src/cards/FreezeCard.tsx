import { type FormEvent, useState } from "react";
import { ui } from "../app/ui-state";
import { freeze, lockReason, thaw } from "../commands/deeds";
import { useLive } from "../live/store";
import { clock, many } from "../model/format";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";

const SPANS: readonly [string, number | null][] = [["until I release it", null], ["15 minutes", 900], ["1 hour", 3600], ["8 hours", 28_800], ["1 day", 86_400]];

/** Stops everything that no person confirmed. One press of Enter is enough: the reason has a default. */
export function FreezeCard() {
  const close = () => ui.set({ freezing: false });
  const [isBusy, setBusy] = useState(false);
  const [isLate, setLate] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    const late = setTimeout(() => setLate(true), 3000);
    const span = Number(data.get("ttl") ?? 0);
    const reason = String(data.get("reason") ?? "").trim() || "stopped on the dashboard";
    const isDone = await freeze(reason, data.get("all") === "on", span || null);
    clearTimeout(late);
    setBusy(false);
    if (isDone) close();
  };
  return (
    <Modal title="Kill switch" look="card" tone="crit" onClose={close}>
      <p className="card-title">Stop acting, at once?</p>
      <p>Everything planned, waiting or queued that no signed-in person confirmed is stopped. Reading, alerts and mail go on.</p>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <label className="field"><span>Why</span><input className="input" name="reason" autoFocus maxLength={200} placeholder="stopped on the dashboard" /></label>
        <label className="field"><span>For how long</span>
          <select className="input" name="ttl">{SPANS.map(([word, value]) => <option key={word} value={value ?? 0}>{word}</option>)}</select>
        </label>
        <label className="row"><input type="checkbox" name="all" /> Stop what persons confirm, too</label>
        {isLate ? <p className="tone-crit" role="alert">No answer yet. On the host: <code className="mono">jarvis freeze</code></p> : null}
        <footer className="row-wrap">
          <Button type="submit" look="danger" disabled={isBusy} keys="Enter">{isBusy ? "Stopping" : "Stop Jarvis"}</Button>
          <Button onClick={close} keys="Esc">Cancel</Button>
        </footer>
      </form>
    </Modal>
  );
}

/** Releases the kill switch, saying what will start to happen. */
export function ThawCard() {
  const close = () => ui.set({ thawing: false });
  const plan = useLive((state) => state.plan);
  const current = useLive((state) => state.freeze);
  const [isBusy, setBusy] = useState(false);
  const next = (plan?.decisions ?? []).filter((decision) => decision.verdict.kind !== "CONFIRM");
  const run = async () => {
    setBusy(true);
    if (await thaw()) close();
    setBusy(false);
  };
  return (
    <Modal title="Re-arm" look="card" tone="warn" onClose={close}>
      <p className="card-title">Let me act again?</p>
      {current?.since ? <p>{current.by ?? "Somebody"} stopped me at {clock(current.since)}{current.reason ? `: ${current.reason}` : ""}.</p> : null}
      {next.length > 0 ? (
        <>
          <p>What I would then do:</p>
          <ul className="steps">{next.map((decision) => <li key={decision.id}>{decision.action.text}</li>)}</ul>
        </>
      ) : <p>{many(0, "step")} planned at present.</p>}
      <footer className="row-wrap">
        <Button look="primary" autoFocus disabled={isBusy} locked={lockReason()} onClick={() => void run()}>Release the kill switch</Button>
        <Button onClick={close} keys="Esc">Cancel</Button>
      </footer>
    </Modal>
  );
}
