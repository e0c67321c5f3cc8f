import "@xterm/xterm/css/xterm.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import { useEffect, useRef, useState } from "react";
import { useMode } from "../app/prefs";
import { note } from "../app/ui-state";
import { useLive } from "../live/store";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Panel } from "../ui/Panel";
import { saveText } from "../ui/save";
import { closeShell, find, focusShell, hurryShell, openShell, redress, scrollback, type ShellTab, show, typeInto, useShells } from "./shells";

/** Shells on nodes and guests, each in its tab; they outlive the page they are shown on. */
export function TerminalPanel({ full = false }: { full?: boolean }) {
  const { tabs, active } = useShells();
  const tab = tabs.find((one) => one.id === active);
  const mode = useMode();
  useEffect(redress, [mode]);
  return (
    <Panel title="Terminal" age="own" flush className="terminal" head={tabs.length > 0 ? <Tabs /> : undefined} note={tab ? <State tab={tab} /> : null}>
      {tab ? (
        <>
          {full ? <Tools id={tab.id} /> : null}
          <Screen key={tab.id} tab={tab} />
          <KeyRow id={tab.id} />
        </>
      ) : <Picker />}
    </Panel>
  );
}

function useTarget() {
  const cluster = useLive((state) => state.clusters[0] ?? "");
  return (target: string, title: string, another = false) => openShell(cluster, target, title, another);
}

/** One tab for each open shell, and a way to the next. The open one is always in sight. */
function Tabs() {
  const { tabs, active } = useShells();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active]);
  return (
    <>
      <div className="tabs tabs-slanted" role="tablist" aria-label="Terminals" ref={list}>
        {tabs.map((tab) => (
          <button key={tab.id} type="button" role="tab" className="tab" data-shell-tab={tab.id} aria-selected={tab.id === active} onClick={() => useShells.setState({ active: tab.id })}>
            {tab.title}
          </button>
        ))}
      </div>
      <button type="button" className="tab tab-new" aria-label="Open another terminal" title="Open another terminal" onClick={() => useShells.setState({ active: null })}>+</button>
      <span className="grow" />
    </>
  );
}

const SHAPES = { connecting: "acting", open: "ok", lost: "unknown", waiting: "warn", ended: "off", failed: "crit" } as const;

function State({ tab }: { tab: ShellTab }) {
  return (
    <span className="status" data-shell-state={tab.told.phase}>
      <Glyph shape={SHAPES[tab.told.phase]} />
      {tab.told.phase === "open" ? "ssh" : tab.told.phase}
      <button type="button" className="link" aria-label={`Close the terminal ${tab.title}`} onClick={() => closeShell(tab.id)}>×</button>
    </span>
  );
}

function Picker() {
  const nodes = useLive((state) => state.nodes);
  const start = useTarget();
  return (
    <div className="state pad">
      <p className="state-title">Where to?</p>
      <div className="row-wrap">
        {[...nodes.values()].map((node) => (
          <Button key={node.name} locked={node.status !== "ONLINE" && `${node.name} is not online`} onClick={() => start(`node/${node.name}`, node.name)}>{node.name}</Button>
        ))}
      </div>
      <p className="dim small">A shell over SSH, on record in the audit. A guest's is in its row and in its details.</p>
    </div>
  );
}

function Screen({ tab }: { tab: ShellTab }) {
  const box = useRef<HTMLDivElement>(null);
  const start = useTarget();
  const { phase, message, hint, code, remark } = tab.told;
  useEffect(() => (box.current ? show(tab.id, box.current) : undefined), [tab.id]);
  useEffect(() => {
    if (phase === "open") focusShell(tab.id);
  }, [phase, tab.id]);
  const isOver = phase === "ended" || phase === "failed";
  return (
    <div className="screen">
      <div className="screen-box" ref={box} />
      {phase === "open" && remark ? <Remark key={remark} text={remark} /> : null}
      {phase === "open" ? null : (
        <div className="screen-note" role="status">
          <p><b>{isOver ? `The shell on ${tab.title} ${phase === "failed" ? "did not open" : "ended"}.` : message}</b></p>
          {isOver ? <p>{message}{hint ? ` ${hint}` : ""} {code ? <span className="mono dim">{code}</span> : null}</p> : null}
          {phase === "waiting" ? (
            <>
              {hint ? <p>{hint} <span className="mono dim">{code}</span></p> : null}
              <div className="row-wrap">
                <Button look="primary" onClick={() => hurryShell(tab.id)}>Try now</Button>
                <Button onClick={() => closeShell(tab.id)}>Close</Button>
              </div>
            </>
          ) : null}
          {isOver ? (
            <div className="row-wrap">
              <Button look="primary" onClick={() => { closeShell(tab.id); start(tab.target, tab.title); }}>Reconnect</Button>
              <Button onClick={() => saveText(`${tab.title}.txt`, scrollback(tab.id))}>Save scrollback</Button>
              <Button onClick={() => closeShell(tab.id)}>Close</Button>
            </div>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** Said over a shell that goes on, until it was seen. */
function Remark({ text }: { text: string }) {
  const [isRead, setRead] = useState(false);
  if (isRead) return null;
  return (
    <div className="screen-note screen-remark" role="status">
      <p className="grow">{text}</p>
      <Button size="small" onClick={() => setRead(true)}>Very well</Button>
    </div>
  );
}

function Tools({ id }: { id: number }) {
  const [text, setText] = useState("");
  const { tabs } = useShells();
  const tab = tabs.find((one) => one.id === id);
  const start = useTarget();
  return (
    <div className="tools">
      <input
        className="input input-small"
        type="search"
        data-shell-search=""
        aria-label="Search in the terminal"
        placeholder="Search"
        title="Ctrl Shift F"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !find(id, text)) note("warn", `“${text}” is not in the scrollback`);
        }}
      />
      <Button size="small" onClick={() => tab && start(tab.target, tab.title, true)}>Another</Button>
      <Button size="small" onClick={() => saveText(`${tab?.title ?? "terminal"}.txt`, scrollback(id))}>Save scrollback</Button>
      <Button size="small" onClick={() => closeShell(id)}>Close</Button>
    </div>
  );
}

const KEYS: readonly [string, string][] = [["Esc", "\u001b"], ["Tab", "\t"], ["Ctrl C", "\u0003"], ["Ctrl D", "\u0004"], ["↑", "\u001b[A"], ["↓", "\u001b[B"], ["←", "\u001b[D"], ["→", "\u001b[C"], ["|", "|"]];

/** Keys that a phone's keyboard lacks. */
function KeyRow({ id }: { id: number }) {
  return (
    <div className="key-row" role="group" aria-label="Keys">
      {KEYS.map(([word, text]) => (
        <button key={word} type="button" className="btn btn-small" onClick={() => typeInto(id, text)}>{word}</button>
      ))}
    </div>
  );
}
