import { Link } from "wouter";
import type { Quorum } from "../api/types";
import { useNow } from "../live/now";
import { useCosts } from "../live/spend";
import { live, useLive } from "../live/store";
import { LEVELS } from "../model/autonomy";
import { clock, hourMinute, span, timeZone } from "../model/format";
import { dollars } from "../model/speech";
import type { Shape } from "../model/status";
import { Glyph } from "../ui/Glyph";
import { KillSwitch } from "./KillSwitch";
import { ModeSwitch } from "./ModeSwitch";
import { useMode } from "./prefs";

/** Wordmark, quorum, link, autonomy; mode, clock, kill switch. Quorum and link never leave it. */
export function TopBar() {
  const quorum = useLive((state) => state.quorum);
  return (
    <header className="topbar" data-risk={isRisky(quorum) ? "" : undefined}>
      <Link href="/" className="wordmark" aria-label="Jarvis, overview">JARVIS</Link>
      <QuorumCell quorum={quorum} />
      <LinkCell />
      <AutonomyCell />
      <SpendCell />
      <span className="grow" />
      <ModeSwitch />
      <Clock />
      <KillSwitch />
    </header>
  );
}

function isRisky(quorum: Quorum | null): boolean {
  if (!quorum || quorum.unknownReason) return false;
  return quorum.quorate === false || (quorum.onlineVotes ?? 0) <= (quorum.neededVotes ?? 0) - 1;
}

function QuorumCell({ quorum }: { quorum: Quorum | null }) {
  const isLost = useLive((state) => state.link === "lost");
  const isKnown = quorum?.quorate !== null && quorum?.quorate !== undefined;
  const shape: Shape = !isKnown || isLost ? "unknown" : quorum.quorate ? "ok" : "crit";
  const word = !isKnown ? "Quorum unknown" : quorum.quorate ? "Quorate" : "No quorum";
  const votes = quorum?.onlineVotes === undefined || quorum.onlineVotes === null ? "votes not seen" : `${quorum.onlineVotes} of ${quorum.expectedVotes} votes`;
  return (
    <div className="cell cell-quorum" title={quorum?.unknownReason ?? `${quorum?.neededVotes ?? "?"} votes are needed`}>
      <span className="cell-main"><Glyph shape={shape} /> <span className="cell-word">{word}</span></span>
      <span className="cell-more"><span className="wide-only">quorum, </span>{votes}</span>
      <span className="cell-short" aria-hidden="true">{`${quorum?.onlineVotes ?? "?"}/${quorum?.expectedVotes ?? "?"}`}</span>
    </div>
  );
}

const LINKS: { [link: string]: [Shape, string] } = {
  live: ["ok", "Live"], polling: ["warn", "Asking"], slow: ["warn", "Slow"], lost: ["unknown", "Link lost"], connecting: ["acting", "Connecting"],
};

function LinkCell() {
  const link = useLive((state) => (state.link === "live" && state.polling !== null ? "polling" : state.link));
  useNow(link === "live" ? "calm" : "second");
  // These change with every message; a hand is often enough to look at them.
  const { heardAt, latency } = live.get();
  const [shape, word] = LINKS[link] ?? ["unknown", link];
  const silent = heardAt > 0 ? (Date.now() - heardAt) / 1000 : 0;
  const more = link === "live" ? (latency === null ? "listening" : `answers in ${Math.max(1, Math.round(latency))}\u2009ms`) : `heard ${span(silent)} ago`;
  return (
    <div className="cell cell-link" data-link={link}>
      <span className="cell-main"><Glyph shape={shape} /> {word}</span>
      <span className="cell-more">{more}</span>
    </div>
  );
}

function AutonomyCell() {
  const policy = useLive((state) => state.side?.policy);
  const isStopped = useLive((state) => state.freeze !== null && state.freeze.state !== "OFF");
  if (!policy) return null;
  if (isStopped) {
    return (
      <div className="cell cell-autonomy">
        <span className="cell-main tone-crit"><Glyph shape="crit" /> Stopped</span>
        <span className="cell-more">by the kill switch; otherwise {policy.ceiling}</span>
      </div>
    );
  }
  return (
    <div className="cell cell-autonomy" title={LEVELS[policy.ceiling][1]}>
      <span className="cell-main">{policy.ceiling} <span className="cell-soft">{LEVELS[policy.ceiling][0]}</span></span>
      <span className="cell-more">autonomy level</span>
    </div>
  );
}

/** What the models cost today; only where there is anything to spend. */
function SpendCell() {
  const day = useCosts((state) => state.costs?.day);
  const isUsed = useCosts((state) => (state.costs?.byModel.length ?? 0) > 0);
  if (!day || !isUsed) return null;
  return (
    <Link href="/minds" className="cell cell-spend" title="Minds and spend">
      <span className="cell-main">{(day.percent ?? 0) >= 80 ? <Glyph shape="warn" label="near its cap" /> : null}{dollars(day.microDollars)} {day.cap ? <span className="cell-soft">of {dollars(day.cap)}</span> : null}</span>
      <span className="cell-more">model spend today</span>
    </Link>
  );
}

function Clock() {
  const now = useNow("calm");
  // Where the hand does not move with the second none is shown.
  const say = useMode() === "jarvis" ? clock : hourMinute;
  return (
    <time className="clock" title={`${timeZone}, by the server's clock`} dateTime={new Date(now).toISOString()}>
      {say(now)}
    </time>
  );
}
