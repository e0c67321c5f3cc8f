// A wall display (`?kiosk=1`): it only reads, dims when nobody has touched it for a while, and wakes for an alert.
// Whoever wants a wall that cannot act whatever its page does signs it in as a viewer.
import { useLive } from "../live/store";
import { kiosk } from "./prefs";

/** Why nothing can be asked for here; freezing is the one exception. */
export const KIOSK_REASON = "A wall display only reads";

const MINUTES = 10;
const MOST = 24 * 60;

/** Minutes without a touch until it dims; `dim=0` never does. */
export function dimAfter(search: string): number {
  const asked = new URLSearchParams(search).get("dim");
  const minutes = asked === null || asked.trim() === "" ? MINUTES : Number(asked);
  return Number.isFinite(minutes) && minutes >= 0 ? Math.min(minutes, MOST) : MINUTES;
}

let timer: ReturnType<typeof setTimeout> | undefined;

function isDim(): boolean {
  return document.documentElement.dataset["dim"] !== undefined;
}

function wake(millis: number): void {
  delete document.documentElement.dataset["dim"];
  clearTimeout(timer);
  timer = setTimeout(() => (document.documentElement.dataset["dim"] = ""), millis);
}

/** What wakes it without a touch: whatever it shows that a person should know about now. */
function alarm(): string {
  const { alerts, freeze, link, quorum } = useLive.getState();
  return JSON.stringify([alerts?.map((alert) => alert.id).sort() ?? [], freeze?.state, link === "lost", quorum?.quorate]);
}

export function dimKiosk(): void {
  const minutes = dimAfter(location.search);
  if (!kiosk || minutes === 0) return;
  const millis = minutes * 60_000;
  // The touch that wakes it presses nothing else; the kill switch is never in the way of that.
  const onTouch = (event: Event) => {
    const isBrake = event.target instanceof Element && event.target.closest(".kill") !== null;
    if (isDim() && !isBrake && event.type !== "pointermove") swallowClick();
    wake(millis);
  };
  for (const kind of ["pointerdown", "pointermove", "wheel"]) addEventListener(kind, onTouch, { capture: true, passive: true });
  addEventListener("keydown", () => wake(millis), { capture: true });
  let known = alarm();
  useLive.subscribe(() => {
    const now = alarm();
    if (now !== known) wake(millis);
    known = now;
  });
  wake(millis);
}

function swallowClick(): void {
  const stop = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }), 700);
}
