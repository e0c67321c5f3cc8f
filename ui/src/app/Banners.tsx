import { useNow, secondsSince } from "../live/now";
import { retryNow } from "../live/session";
import { useLive } from "../live/store";
import { clock, countdown, span } from "../model/format";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { kiosk } from "./prefs";
import { ui } from "./ui-state";

/** What must be known before anything else: link lost, autonomy stopped, quorum, Jarvis itself unable to act. */
export function Banners() {
  return (
    <div className="banners" role="alert">
      <LinkLost />
      <Blocked />
      <Stopped />
      <Unable />
      <Outdated />
    </div>
  );
}

function LinkLost() {
  return useLive((state) => state.link === "lost") ? <Lost /> : null;
}

function Lost() {
  useNow();
  const heardAt = useLive((state) => state.heardAt);
  const retryAt = useLive((state) => state.retryAt);
  const seen = useLive((state) => state.loop?.lastLookAt);
  const left = retryAt === null ? null : Math.max(0, (retryAt - Date.now()) / 1000);
  return (
    <div className="banner" data-tone="lost">
      <span className="banner-stripes" aria-hidden="true" />
      <Glyph shape="unknown" />
      <p className="banner-text">
        <b>Link lost {heardAt > 0 ? `${span((Date.now() - heardAt) / 1000)} ago` : ""}</b>{" "}
        {seen ? `You are looking at the cluster as it was at ${clock(seen)}. ` : ""}Actions are locked until I can see it again.{" "}
        {left === null ? null : <span className="mono dim" aria-hidden="true">{left > 0 ? `retry in ${Math.ceil(left)}\u2009s` : "trying"}</span>}
      </p>
      <Button onClick={retryNow}>Retry now</Button>
    </div>
  );
}

/** Nothing is wrong but the way: the page asks where it would rather listen. */
function Blocked() {
  const polling = useLive((state) => state.polling);
  const link = useLive((state) => state.link);
  if (polling === null || link === "lost") return null;
  return (
    <div className="banner" data-tone="lost">
      <span className="banner-stripes" aria-hidden="true" />
      <Glyph shape="warn" />
      <p className="banner-text">
        <b>The live connection is blocked.</b> I ask every {span(Math.round(polling / 1000))} instead; answers come whole, and terminals wait for it.{" "}
        <span className="dim">Something in between, most likely a proxy, lets no WebSocket through. It has to pass on the upgrade of <code className="mono">/graphql</code> and <code className="mono">/terminal</code>.</span>
      </p>
      <Button onClick={retryNow}>Try it again</Button>
    </div>
  );
}

function Stopped() {
  const freeze = useLive((state) => state.freeze);
  const now = useNow(freeze?.until ? "second" : "calm");
  if (!freeze || freeze.state === "OFF") return null;
  const left = freeze.until ? -secondsSince(freeze.until, now) : null;
  return (
    <div className="banner" data-tone="stopped">
      <span className="banner-stripes" aria-hidden="true" />
      <Glyph shape="crit" />
      <p className="banner-text">
        <b>{freeze.scope === "ALL" ? "Everything stopped" : "Autonomy stopped"}</b>{" "}
        {freeze.state === "UNREADABLE"
          ? "The record of the kill switch cannot be read, so it counts as pulled."
          : `by ${freeze.by ?? "somebody"}${freeze.since ? ` at ${clock(freeze.since)}` : ""}${freeze.reason ? `: ${freeze.reason}` : ""}. ${freeze.scope === "ALL" ? "Nothing is done at all" : "I do nothing by myself; what you ask for still runs"}. Monitoring and alerts go on.`}{" "}
        {left === null ? null : <span className="mono">ends in {left > 3600 ? span(left) : countdown(left)}</span>}
      </p>
      {kiosk ? null : <Button onClick={() => ui.set({ thawing: true })}>Re-arm</Button>}
    </div>
  );
}

/** The page never loads itself anew; it says that it could. */
function Outdated() {
  const isOutdated = useLive((state) => state.isOutdated);
  if (!isOutdated) return null;
  return (
    <div className="banner" data-tone="lost">
      <span className="banner-stripes" aria-hidden="true" />
      <p className="banner-text"><b>A newer dashboard is ready.</b> Jarvis was updated since this page was opened.</p>
      <Button onClick={() => location.reload()}>Load it</Button>
    </div>
  );
}

function Unable() {
  const loop = useLive((state) => state.loop);
  const link = useLive((state) => state.link);
  const trouble = loop?.actingStopped ?? loop?.lookFailure;
  if (!trouble || link === "lost") return null;
  return (
    <div className="banner" data-tone="stopped">
      <span className="banner-stripes" aria-hidden="true" />
      <Glyph shape="crit" />
      <p className="banner-text"><b>{loop?.actingStopped ? "I cannot act" : "I cannot see the cluster"}</b> {trouble}</p>
    </div>
  );
}
