import { Component, type ReactNode, useEffect, useId, useMemo, useState } from "react";
import type { Asked } from "../api/useAsk";
import { EXPECTED, type DataClass, type Freshness, freshness } from "../model/freshness";
import { span } from "../model/format";
import { secondsSince, useNow } from "../live/now";
import { useLive } from "../live/store";
import { Button } from "./Button";
import { Glyph } from "./Glyph";

/** What was asked for and when it was answered; with an error what is shown is from before. */
type Answer = Pick<Asked<unknown>, "answeredAt" | "error">;

/**
 * Where the age of a panel comes from: a time and what class of data it is; an answer; `push` for what is sent as it happens;
 * `own` for what is made on this page and cannot be old.
 */
export type AgeSource = { seenAt: string | null; of: DataClass } | Answer | "push" | "own";

interface Props {
  title: string;
  age: AgeSource;
  /** Said before the age, at the same place in every panel. */
  note?: ReactNode;
  hero?: boolean;
  tone?: "crit" | "warn" | undefined;
  flush?: boolean;
  scroll?: boolean;
  /** Instead of the plain title: tabs. */
  head?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A panel owns its frame, head, age, stale look and error boundary. There is none without an age. */
export function Panel({ title, age, note, hero, tone, flush, scroll, head, className = "", children }: Props) {
  const id = useId();
  const level = useLevel(age);
  return (
    <section
      className={`panel ${hero ? "panel-hero" : ""} ${className}`}
      data-tone={tone}
      data-stale={level === "stale" ? "" : undefined}
      aria-labelledby={id}
      data-panel={title.toLowerCase()}
      tabIndex={-1}
    >
      <div className="panel-fill">
        <header className="panel-head">
          <h2 className={head ? "sr" : "panel-title"} id={id}>
            {title}
          </h2>
          {head ?? <span className="panel-rule" aria-hidden="true" />}
          <div className="panel-note" data-level={level}>
            {note}
            <Age age={age} level={level} />
          </div>
        </header>
        <div
          className={`panel-body ${flush ? "flush" : ""} ${scroll ? "scroll" : ""}`}
          {...(scroll ? { tabIndex: 0, role: "group", "aria-label": title } : {})}
        >
          <Boundary name={title}>{children}</Boundary>
        </div>
      </div>
    </section>
  );
}

function useLevel(age: AgeSource): Freshness {
  const now = useNow("calm");
  const isLost = useLive((state) => state.link === "lost");
  if (isLost) return "stale";
  if (typeof age === "string") return "fresh";
  if ("error" in age) return age.error === null ? "fresh" : "stale";
  if (age.seenAt === null) return "fresh";
  return freshness(secondsSince(age.seenAt, now), age.of);
}

function Age({ age, level }: { age: AgeSource; level: Freshness }) {
  const now = useNow("calm");
  // With every message another: it is read only when it is said.
  const heardAt = useLive((state) => (state.link === "lost" ? state.heardAt : 0));
  const isLost = useLive((state) => state.link === "lost");
  // Told with the hand, however often it is answered in between: each change of text is a frame.
  const answeredAt = typeof age === "object" && "error" in age ? age.answeredAt : null;
  const answered = useMemo(() => span(Math.max(0, Date.now() - (answeredAt ?? 0)) / 1000), [now, answeredAt === null]);
  if (age === "own") return null;
  if (age === "push") {
    return isLost ? <Stale text={`stale ${span((Date.now() - heardAt) / 1000)}`} /> : <span>live</span>;
  }
  if ("error" in age) {
    if (age.answeredAt === null) return <span>{age.error === null ? "waiting" : "no answer"}</span>;
    return level === "stale" ? <Stale text={`stale ${answered}`} /> : <span data-age="">{answered}</span>;
  }
  if (age.seenAt === null) return <span>waiting</span>;
  const old = span(secondsSince(age.seenAt, now));
  if (level === "stale") return <Stale text={`stale ${old}, expected ${EXPECTED[age.of]}\u2009s`} />;
  return <span data-age="">{old}</span>;
}

function Stale({ text }: { text: string }) {
  return (
    <>
      <Glyph shape="unknown" />
      <span data-age="">{text}</span>
    </>
  );
}

interface BoundaryState {
  error: Error | null;
}

/** An error in one panel leaves the others working. */
class Boundary extends Component<{ name: string; children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(error: Error): BoundaryState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="state" role="alert">
        <p className="state-title">
          <Glyph shape="crit" />
          {this.props.name} could not be drawn.
        </p>
        <p className="mono tone-crit">{error.message}</p>
        <p className="dim">The other panels are fine.</p>
        <div className="row-wrap">
          <Button onClick={() => this.setState({ error: null })}>Try again</Button>
          <Button onClick={() => void navigator.clipboard.writeText(`${error.message}\n${error.stack ?? ""}`)}>Copy detail</Button>
        </div>
      </div>
    );
  }
}

/** The grid of what will stand here, and after a moment what is waited for. */
export function Waiting({ rows = 5, for: what }: { rows?: number; for: string }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 600);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="skeleton" role="status">
      {Array.from({ length: rows }, (_, at) => (
        <i key={at} style={{ width: `${88 - ((at * 37) % 41)}%` }} />
      ))}
      <span className="dim small">{isLong ? `Waiting for ${what}` : "\u00a0"}</span>
    </div>
  );
}

interface UnansweredProps {
  asked: Pick<Asked<unknown>, "error"> & Partial<Pick<Asked<unknown>, "again">>;
  rows?: number;
  for: string;
}

/** Where nothing came yet: the grid of what will stand here, or why it does not. */
export function Unanswered({ asked, rows, for: what }: UnansweredProps) {
  if (asked.error === null) return <Waiting {...(rows === undefined ? {} : { rows })} for={what} />;
  return (
    <div role="alert">
      <Empty title={`${what.charAt(0).toUpperCase()}${what.slice(1)} cannot be shown.`}>
        <p className="mono tone-crit">{asked.error}</p>
        {asked.again ? <div className="row-wrap"><Button size="small" onClick={asked.again}>Try again</Button></div> : null}
      </Empty>
    </div>
  );
}

interface EmptyProps {
  title: string;
  well?: boolean;
  children?: ReactNode;
}

/** Nothing to show, and why: all well, or nothing configured yet. */
export function Empty({ title, well, children }: EmptyProps) {
  return (
    <div className="state">
      <p className="state-title">
        {well ? <Glyph shape="ok" /> : null}
        {title}
      </p>
      {children}
    </div>
  );
}
