import { useLive } from "../live/store";
import { kiosk } from "./prefs";
import { ui } from "./ui-state";

/** Always there, always in the same corner. */
export function KillSwitch() {
  const freeze = useLive((state) => state.freeze);
  const isOn = freeze !== null && freeze.state !== "OFF";
  return (
    <button
      type="button"
      className="kill"
      disabled={kiosk && isOn}
      title={kiosk && isOn ? "It is released elsewhere: a wall display only reads" : undefined}
      data-on={isOn ? "" : undefined}
      aria-haspopup="dialog"
      onClick={() => ui.set(isOn ? { thawing: true } : { freezing: true })}
    >
      <span className="kill-stripes" aria-hidden="true" />
      <span className="kill-words">
        <span className="kill-title">Kill switch</span>
        <span className="kill-more">{freeze === null ? "not known yet" : isOn ? "autonomy stopped" : "autonomy on"}</span>
      </span>
      <span className="switch" data-off={isOn ? "" : undefined} aria-hidden="true"><i /></span>
    </button>
  );
}
