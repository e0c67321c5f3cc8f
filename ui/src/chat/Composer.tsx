import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { ui } from "../app/ui-state";
import { say, stopAnswer, TEXT_LIMIT, useSpeaking } from "../live/conversation";
import { coming } from "../live/talk";
import { useLive } from "../live/store";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";

const TALLEST = 132;
/** From here on it is said how much room is left. */
const TIGHT = 400;

/** Where one speaks to Jarvis: Enter sends, Shift Enter begins a line, Up takes up what was said before. */
export function Composer() {
  const [text, setText] = useState("");
  const [back, setBack] = useState(0);
  const isBusy = useSpeaking((state) => state.saying !== null || coming(state.talk) !== undefined);
  const isLive = useLive((state) => state.link === "live");
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => grow(field.current), [text]);
  const write = (to: string) => {
    setText(to);
    setBack(0);
  };
  const send = async () => {
    if (isBusy || !isLive || text.trim() === "") return;
    const said = text;
    write("");
    if (!(await say(said))) setText((now) => (now === "" ? said : now));
  };
  const recall = (step: number) => {
    const mine = useSpeaking.getState().talk.messages.filter((message) => message.user).map((message) => message.text);
    const to = Math.min(Math.max(back + step, 0), mine.length);
    setBack(to);
    setText(to === 0 ? "" : (mine[mine.length - to] ?? ""));
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const isAlone = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.nativeEvent.isComposing || !isAlone) return;
    if (event.key === "Enter") void send();
    else if (event.key === "/" && text === "") ui.set({ palette: true });
    else if (event.key === "Escape") event.currentTarget.blur();
    else if (event.key === "ArrowUp" && (text === "" || back > 0)) recall(1);
    else if (event.key === "ArrowDown" && back > 0) recall(-1);
    else return;
    event.preventDefault();
  };
  return (
    <form className="composer" aria-label="Ask Jarvis" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <Icon name="shell" />
      <textarea
        ref={field}
        className="input input-bare grow"
        data-composer=""
        rows={1}
        maxLength={TEXT_LIMIT}
        aria-label="Message to Jarvis"
        placeholder={isLive ? "Ask Jarvis, or type / for a command" : "The link is lost; I cannot hear you"}
        value={text}
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKey}
      />
      {TEXT_LIMIT - text.length < TIGHT ? <span className="mono dim">{TEXT_LIMIT - text.length}</span> : null}
      <Sender isEmpty={text.trim() === ""} isLive={isLive} />
    </form>
  );
}

function Sender({ isEmpty, isLive }: { isEmpty: boolean; isLive: boolean }) {
  const isComing = useSpeaking((state) => coming(state.talk) !== undefined);
  if (isComing) return <Button onClick={() => void stopAnswer()}>Stop</Button>;
  return isEmpty ? <kbd className="composer-key" aria-hidden="true">C</kbd> : <Button type="submit" look="primary" disabled={!isLive} keys="Enter">Send</Button>;
}

/** As tall as what is in it, to a limit. An empty one is a line, and need not be laid out to know that. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  if (field.value !== "") field.style.height = `${Math.min(field.scrollHeight, TALLEST)}px`;
}
