import { memo } from "react";
import type { Message } from "../api/types";
import { kiosk } from "../app/prefs";
import { say, useSpeaking } from "../live/conversation";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { dateTime, when } from "../model/format";
import { briefly } from "../model/speech";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Cards } from "./Cards";
import { Facts } from "./Facts";
import { MindBadge } from "./MindBadge";
import { Said } from "./Said";

/** One thing that was said: by the person at the right, by Jarvis at the left with what it rests on. */
export const MessageLine = memo(function MessageLine({ message, isLast }: { message: Message; isLast: boolean }) {
  return message.user ? <Asked message={message} /> : <Answered message={message} isLast={isLast} />;
});

function Asked({ message }: { message: Message }) {
  return (
    <li className="message message-asked" data-seq={message.seq}>
      <span className="sr">{message.user} said:</span>
      <div className="bubble" title={dateTime(message.at)}><Said text={message.text} /></div>
    </li>
  );
}

const BROKEN = { BROKEN: "crit", CANCELLED: "off" } as const;

function Answered({ message, isLast }: { message: Message; isLast: boolean }) {
  const { state, text, tools, problem, mind } = message;
  const isComing = state === "COMING";
  return (
    <li className="message message-answered" data-seq={message.seq} data-state={state} aria-busy={isComing}>
      <span className="sr">Jarvis said:</span>
      {tools.length > 0 ? <Tools tools={tools} isComing={isComing} /> : null}
      {text === "" && isComing && tools.length === 0 ? <p className="dim thinking">One moment</p> : null}
      <div className="speech"><Said text={text} /></div>
      {state === "BROKEN" || state === "CANCELLED" ? (
        <p className="row small"><Glyph shape={BROKEN[state]} /><span>{problem ?? (state === "CANCELLED" ? "You stopped me here." : "I was cut off here.")}</span></p>
      ) : null}
      {isComing ? null : <Unfounded list={message.unfounded} />}
      <Cards cards={message.cards} />
      {isComing ? null : (
        <footer className="message-foot">
          {mind ? <MindBadge mind={mind} /> : null}
          <Facts facts={message.facts} />
          <time className="mono dim" dateTime={message.at} title={dateTime(message.at)}>{when(message.at, serverNow())}</time>
        </footer>
      )}
      {isLast && !isComing ? <Suggestions list={message.suggestions} /> : null}
    </li>
  );
}

/** What a model said that stands in nothing it read. Whether it worked that out or made it up, nobody can tell from its words. */
function Unfounded({ list }: { list: readonly string[] }) {
  if (list.length === 0) return null;
  return (
    <p className="row small unfounded">
      <Glyph shape="warn" />
      <span>Not read anywhere, so worked out or made up: {list.map((one, at) => <span key={one}>{at > 0 ? ", " : ""}<b className="mono">{one}</b></span>)}</span>
    </p>
  );
}

/** Tools that were called: quiet lines while the answer comes, one that can be opened afterwards. */
function Tools({ tools, isComing }: { tools: Message["tools"]; isComing: boolean }) {
  const lines = (
    <ul className="tool-lines">
      {tools.map((one, at) => (
        <li key={at} className="small">
          <Glyph shape={one.result === null || one.result === undefined ? "acting" : one.isError ? "crit" : "ok"} label={true} />
          <span className="mono">{one.tool}</span>
          <span className="mono dim cut-text" title={one.arguments}>{briefly(one.arguments)}</span>
          {one.result ? <span className="dim cut-text grow" title={one.result}>{one.result}</span> : null}
        </li>
      ))}
    </ul>
  );
  if (isComing) return lines;
  return (
    <details className="tool-used">
      <summary className="small dim">{tools.length === 1 ? `Looked with ${tools[0]?.tool}` : `Looked with ${tools.length} tools`}</summary>
      {lines}
    </details>
  );
}

function Suggestions({ list }: { list: readonly string[] }) {
  useLive((state) => state.link);
  const isBusy = useSpeaking((state) => state.saying !== null);
  const isLive = useLive((state) => state.link === "live");
  if (kiosk || list.length === 0) return null;
  return (
    <div className="suggestions" role="group" aria-label="What to say next">
      {list.map((text) => <Button key={text} size="small" disabled={isBusy || !isLive} onClick={() => void say(text)}>{text}</Button>)}
    </div>
  );
}
