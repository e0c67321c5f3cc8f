import { Component, type ReactNode } from "react";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";

interface State {
  error: Error | null;
}

/** A page that cannot be drawn leaves the bars working. A part that is not there any more means that Jarvis was updated. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const isGone = /imported module|module script/i.test(error.message);
    return (
      <div className="state pad" role="alert">
        <p className="state-title">
          <Glyph shape={isGone ? "acting" : "crit"} />
          {isGone ? "A newer dashboard is ready." : "This page could not be drawn."}
        </p>
        <p>{isGone ? "Jarvis was updated since this page was opened, and this part of the old one is gone." : error.message}</p>
        <div className="row-wrap">
          {isGone ? <Button look="primary" onClick={() => location.reload()}>Load it</Button> : null}
          <Button onClick={() => this.setState({ error: null })}>Try again</Button>
        </div>
      </div>
    );
  }
}
