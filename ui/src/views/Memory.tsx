import { type FormEvent, useState } from "react";
import { ConfirmFactDocument, CorrectMemoryDocument, ForgetDocument, MemoryDocument, RememberFactDocument } from "../api/generated/graphql";
import { ask } from "../api/http";
import type { MemoryRecord } from "../api/types";
import { useAsk } from "../api/useAsk";
import { lockReason } from "../commands/deeds";
import { useLive } from "../live/store";
import { dateTime } from "../model/format";
import { Button } from "../ui/Button";
import { saveText } from "../ui/save";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { said } from "./Tokens";

/** What Jarvis remembers, where it is from and until when; any of it can be corrected, forgotten or taken away. */
export function Memory() {
  const [text, setText] = useState("");
  const head = useLive((state) => state.head);
  const asked = useAsk(MemoryDocument, { text: text.trim() }, head);
  const records = asked.data?.memory;
  return (
    <Panel title="Memory" age={asked} scroll className="memory">
      <div className="stack">
        <div className="row">
          <input className="input input-small grow" type="search" aria-label="Search the memory" placeholder="Search" value={text} onChange={(event) => setText(event.target.value)} />
          <Button size="small" disabled={!records?.length} onClick={() => saveText("jarvis-memory.jsonl", (records ?? []).map((one) => `${JSON.stringify(one)}\n`).join(""))}>Export</Button>
        </div>
        {records ? null : <Unanswered asked={asked} rows={3} for="the memory" />}
        {records?.length === 0 ? <Empty title={text ? `Nothing fits “${text}”.` : "Nothing yet."}><p className="dim">What you tell me to remember stands here, and what I learnt from your choices.</p></Empty> : null}
        <ul className="memory-list">{(records ?? []).map((record) => <Line key={record.id} record={record} onChanged={asked.again} />)}</ul>
        <Remember onDone={asked.again} />
      </div>
    </Panel>
  );
}

function Line({ record, onChanged }: { record: MemoryRecord; onChanged: () => void }) {
  useLive((state) => state.link);
  const [isOpen, setOpen] = useState(false);
  const correct = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text") ?? "").trim();
    if (text && (await said("Corrected", () => ask(CorrectMemoryDocument, { id: record.id, text })))) setOpen(false);
    onChanged();
  };
  const confirm = async () => {
    await said("I shall remember it", () => ask(ConfirmFactDocument, { id: record.id }));
    onChanged();
  };
  const forget = async () => {
    await said("Forgotten", () => ask(ForgetDocument, { id: record.id }));
    onChanged();
  };
  return (
    <li className="memory-line">
      {isOpen ? (
        <form className="row grow" onSubmit={(event) => void correct(event)}>
          <input className="input input-small grow" name="text" aria-label="As it should be" defaultValue={record.text} maxLength={1000} autoFocus />
          <Button type="submit" size="small" look="primary">Correct it</Button>
        </form>
      ) : <p className="grow strong" dir="auto">{record.text}</p>}
      <div className="row">
        {record.pending ? (
          <Button size="small" look="primary" locked={lockReason()} onClick={() => void confirm()}>Confirm</Button>
        ) : (
          <Button size="small" locked={lockReason()} onClick={() => setOpen(!isOpen)}>{isOpen ? "Leave it" : "Correct"}</Button>
        )}
        <Button size="small" look="danger" locked={lockReason()} onClick={() => void forget()}>Forget</Button>
      </div>
      <p className="small dim memory-from">
        <span className="tag">{record.kind}</span> {record.pending ? <span className="tag">not confirmed yet</span> : null} {record.source}, {dateTime(record.madeAt)}
        {record.expiresAt ? `; until ${dateTime(record.expiresAt)}` : "; kept"}
      </p>
    </li>
  );
}

function Remember({ onDone }: { onDone: () => void }) {
  useLive((state) => state.link);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get("text") ?? "").trim();
    if (text && (await said("Noted; confirm it, and I shall remember it", () => ask(RememberFactDocument, { text })))) form.reset();
    onDone();
  };
  return (
    <form className="inline-form" aria-label="Remember something" onSubmit={(event) => void submit(event)}>
      <input className="input input-small" name="text" aria-label="What to remember" placeholder="Something to remember" maxLength={1000} required />
      <Button type="submit" size="small" locked={lockReason()}>Remember it</Button>
    </form>
  );
}
