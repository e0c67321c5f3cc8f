import { useMemo } from "react";
import { go } from "../app/places";
import { kiosk } from "../app/prefs";
import { Composer } from "../chat/Composer";
import { Messages } from "../chat/Messages";
import { say, show, useSpeaking } from "../live/conversation";
import { useLive } from "../live/store";
import { dollars, examplesOf } from "../model/speech";
import { Empty, Panel, Waiting } from "../ui/Panel";
import { WaitingCards } from "./WaitingCards";

interface Props {
  /** On a page of its own, the list of conversations beside it. */
  full?: boolean;
  /** Shows the list where it does not fit beside. */
  onList?: () => void;
}

/** Where Jarvis is spoken to: what waits for the person, what was said, and the field to say more. */
export function Conversation({ full = false, onList }: Props) {
  const id = useSpeaking((state) => state.id);
  const hasSnapshot = useSpeaking((state) => state.talk.hasSnapshot);
  const isSaying = useSpeaking((state) => state.saying !== null);
  const messages = useSpeaking((state) => state.talk.messages);
  const shown = useMemo(() => new Set(messages.flatMap((message) => message.cards.flatMap((card) => card.ticket?.id ?? []))), [messages]);
  return (
    <Panel title="Conversation" age="push" note={<Head full={full} onList={onList} />} flush className={`conversation ${full ? "conversation-full" : ""}`}>
      <div className="chat-waiting"><WaitingCards except={shown} /></div>
      {id === null && !isSaying ? <Teach /> : id !== null && !hasSnapshot && !isSaying ? <Waiting rows={3} for="the conversation" /> : <Messages />}
      {kiosk ? null : <Composer />}
    </Panel>
  );
}

function Head({ full, onList }: Props) {
  const id = useSpeaking((state) => state.id);
  const spent = useSpeaking((state) => state.talk.messages.reduce((sum, message) => sum + (message.mind?.microDollars ?? 0), 0));
  return (
    <>
      {spent > 0 ? <span className="talk-spent" title="What this conversation has cost">{dollars(spent)}</span> : null}
      {id ? <button type="button" className="link" onClick={() => show(null)}>new</button> : null}
      {full ? null : <button type="button" className="link" onClick={() => go("/chat")}>all</button>}
      {full && onList ? <button type="button" className="link talks-open" onClick={onList}>all</button> : null}
    </>
  );
}

/** What can be asked, by examples drawn from how it stands. */
function Teach() {
  const guests = useLive((state) => state.guests);
  const issues = useLive((state) => state.side?.issues);
  const isLive = useLive((state) => state.link === "live");
  const examples = useMemo(() => examplesOf(guests, issues), [guests, issues]);
  if (kiosk) return <Empty title="Nobody speaks here."><p className="dim">A wall display only reads. What waits for a person is answered where somebody is signed in.</p></Empty>;
  return (
    <div className="chat-empty">
      <p>Ask me how things stand, or say what you want done. What acts waits for you on a card first. For instance:</p>
      <ul>
        {examples.map((example) => (
          <li key={example}><button type="button" className="link example" disabled={!isLive} onClick={() => void say(example)}>“{example}”</button></li>
        ))}
      </ul>
    </div>
  );
}
