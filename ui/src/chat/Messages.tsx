import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useSpeaking } from "../live/conversation";
import { coming } from "../live/talk";
import { MessageLine } from "./MessageLine";
import { Said } from "./Said";

const NEAR = 80;

/** What was said, oldest first; the end stays in sight unless one has scrolled up to read. */
export function Messages() {
  const messages = useSpeaking((state) => state.talk.messages);
  const saying = useSpeaking((state) => state.saying);
  const box = useRef<HTMLDivElement>(null);
  const stays = useRef(true);
  useLayoutEffect(() => {
    const on = box.current;
    if (on && stays.current) on.scrollTop = on.scrollHeight;
  }, [messages, saying]);
  useEffect(() => {
    const on = box.current;
    const list = on?.firstElementChild;
    if (!on || !list) return;
    // Cards change where they stand, and a change of mode changes all heights.
    const sizes = new ResizeObserver(() => {
      if (stays.current) on.scrollTop = on.scrollHeight;
    });
    sizes.observe(list);
    sizes.observe(on);
    return () => sizes.disconnect();
  }, []);
  return (
    <div
      ref={box}
      className="messages"
      role="group"
      aria-label="Messages"
      tabIndex={0}
      onScroll={({ currentTarget: on }) => {
        stays.current = on.scrollHeight - on.scrollTop - on.clientHeight < NEAR;
      }}
    >
      <ol className="message-list">
        {messages.map((message, at) => <MessageLine key={message.seq} message={message} isLast={at === messages.length - 1} />)}
        {saying ? <li className="message message-asked"><div className="bubble" data-unsent=""><Said text={saying} /></div></li> : null}
      </ol>
      <Spoken />
    </div>
  );
}

/** Answers are read out once they are whole, never word by word. */
function Spoken() {
  const talk = useSpeaking((state) => state.talk);
  const [said, setSaid] = useState("");
  const awaited = useRef<number | null>(null);
  useEffect(() => {
    const open = coming(talk);
    if (open) {
      awaited.current = open.seq;
      return;
    }
    const whole = talk.messages.find((message) => message.seq === awaited.current);
    if (!whole) return;
    awaited.current = null;
    setSaid(whole.text);
  }, [talk]);
  return <p className="sr" aria-live="polite">{said}</p>;
}
