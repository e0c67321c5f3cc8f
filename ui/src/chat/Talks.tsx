import { useState } from "react";
import type { Head } from "../api/types";
import { remove, show, useSpeaking } from "../live/conversation";
import { serverNow } from "../live/now";
import { when } from "../model/format";
import { dollars } from "../model/speech";
import { Button } from "../ui/Button";
import { Empty, Panel, Unanswered } from "../ui/Panel";

/** The conversations there are: open one, begin another, delete one. */
export function Talks({ onChosen }: { onChosen?: () => void }) {
  const heads = useSpeaking((state) => state.heads);
  const error = useSpeaking((state) => state.error);
  const choose = (id: string | null) => {
    show(id);
    onChosen?.();
  };
  return (
    <Panel title="Conversations" age="push" scroll className="talks">
      <p className="talk-new"><Button size="small" onClick={() => choose(null)}>New conversation</Button></p>
      {heads ? null : <Unanswered asked={{ error }} rows={3} for="the conversations" />}
      {heads?.length === 0 ? <Empty title="None yet."><p className="dim">What you ask stands here, for you alone.</p></Empty> : null}
      <ul className="talk-list">{(heads ?? []).map((head) => <Line key={head.id} head={head} onOpen={() => choose(head.id)} />)}</ul>
    </Panel>
  );
}

function Line({ head, onOpen }: { head: Head; onOpen: () => void }) {
  const isOpen = useSpeaking((state) => state.id === head.id);
  const [isSure, setSure] = useState(false);
  return (
    <li className="talk" data-open={isOpen ? "" : undefined}>
      <button type="button" className="link talk-title" aria-current={isOpen ? "true" : undefined} onClick={onOpen}>
        <span className="cut-text strong" dir="auto">{head.title}</span>
        <span className="small dim">{when(head.lastAt, serverNow())}{head.microDollars > 0 ? ` · ${dollars(head.microDollars)}` : ""}</span>
      </button>
      {isSure ? (
        <Button size="small" look="danger" autoFocus onBlur={() => setSure(false)} onClick={() => void remove(head.id)}>Delete it</Button>
      ) : (
        <button type="button" className="link talk-delete" aria-label={`Delete the conversation ${head.title}`} onClick={() => setSure(true)}>×</button>
      )}
    </li>
  );
}
