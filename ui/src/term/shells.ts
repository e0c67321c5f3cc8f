// The open terminals. They live outside of React, so that changing page, mode or tab leaves them as they are.
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Terminal } from "@xterm/xterm";
import { create } from "zustand";
import { ui } from "../app/ui-state";
import { Connection, type Told } from "./connection";
import { withConstructedStyles } from "./styles";
import { theme } from "./theme";

export interface ShellTab {
  id: number;
  /** `node/atlas` or `guest/101`. */
  target: string;
  title: string;
  told: Told;
}

interface Held {
  terminal: Terminal;
  fit: FitAddon;
  search: SearchAddon;
  connection: Connection;
  box: HTMLDivElement;
}

export const useShells = create<{ tabs: readonly ShellTab[]; active: number | null }>()(() => ({ tabs: [], active: null }));

const held = new Map<number, Held>();
const SCROLLBACK = 5000;
const LIMIT = 12;
let next = 1;

const tell = (id: number, told: Told): void =>
  useShells.setState(({ tabs }) => ({ tabs: tabs.map((tab) => (tab.id === id ? { ...tab, told } : tab)) }));

/** The address of a target on the server. */
function pathOf(cluster: string, target: string): string {
  const [kind, name = ""] = target.split("/");
  const place = kind === "guest" ? `guest/${name}` : encodeURIComponent(name);
  return `/terminal/${encodeURIComponent(cluster)}/${place}`;
}

/** Opens a terminal, or shows the one that is open already. */
export function openShell(cluster: string, target: string, title: string, another = false): void {
  const { tabs } = useShells.getState();
  const there = tabs.find((tab) => tab.target === target && ["open", "connecting", "waiting"].includes(tab.told.phase));
  if (there && !another) {
    useShells.setState({ active: there.id });
    return;
  }
  if (tabs.length >= LIMIT) return;
  const id = next++;
  const tab: ShellTab = { id, target, title, told: { phase: "connecting", message: "Connecting" } };
  useShells.setState({ tabs: [...tabs, tab], active: id });
  held.set(id, begin(id, pathOf(cluster, target)));
}

function begin(id: number, path: string): Held {
  const terminal = new Terminal({
    scrollback: SCROLLBACK, fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace', fontSize: 13,
    lineHeight: 1.25, cursorBlink: false, cursorStyle: "block", allowProposedApi: true, screenReaderMode: true,
    theme: theme(),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  const box = document.createElement("div");
  box.className = "shell-box";
  const connection = new Connection(path, {
    write: (bytes, done) => terminal.write(bytes, done),
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    told: (told) => tell(id, told),
  });
  terminal.onData((text) => connection.type(text));
  terminal.onBinary((text) => connection.typeBytes(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => connection.resize(cols, rows));
  terminal.attachCustomKeyEventHandler((event) => keep(event, id));
  return { terminal, fit, search, connection, box };
}

/** Keys that belong to the page and not to the shell. */
function keep(event: KeyboardEvent, id: number): boolean {
  if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
  const key = event.key.toLowerCase();
  if (key === "k") ui.set({ freezing: true });
  else if (key === "f6") document.querySelector<HTMLElement>(`[data-shell-tab="${id}"]`)?.focus();
  else if (key === "f") document.querySelector<HTMLElement>("[data-shell-search]")?.focus();
  else return true;
  event.preventDefault();
  return false;
}

/** Puts a terminal into the page, at the size there is. */
export function show(id: number, into: HTMLElement): () => void {
  const shell = held.get(id);
  if (!shell) return () => undefined;
  into.append(shell.box);
  const isFirst = shell.terminal.element === undefined;
  if (isFirst) withConstructedStyles(() => shell.terminal.open(shell.box));
  const refit = () => {
    if (into.clientWidth > 40 && into.clientHeight > 40) shell.fit.fit();
  };
  refit();
  if (isFirst) shell.connection.open();
  const sizes = new ResizeObserver(refit);
  sizes.observe(into);
  shell.terminal.options.theme = theme();
  return () => {
    sizes.disconnect();
    shell.box.remove();
  };
}

export function closeShell(id: number): void {
  const shell = held.get(id);
  held.delete(id);
  shell?.connection.close();
  shell?.terminal.dispose();
  useShells.setState(({ tabs, active }) => {
    const left = tabs.filter((tab) => tab.id !== id);
    return { tabs: left, active: active === id ? (left[left.length - 1]?.id ?? null) : active };
  });
}

export const hurryShell = (id: number): void => held.get(id)?.connection.hurry();
export const focusShell = (id: number): void => held.get(id)?.terminal.focus();
export const typeInto = (id: number, text: string): void => {
  held.get(id)?.connection.type(text);
  focusShell(id);
};
export const find = (id: number, text: string): boolean => held.get(id)?.search.findPrevious(text) ?? false;

/** Everything that can still be scrolled to, as text. */
export function scrollback(id: number): string {
  const buffer = held.get(id)?.terminal.buffer.active;
  if (!buffer) return "";
  const lines: string[] = [];
  for (let at = 0; at < buffer.length; at += 1) lines.push(buffer.getLine(at)?.translateToString(true) ?? "");
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Colours follow the mode. */
export function redress(): void {
  for (const { terminal } of held.values()) terminal.options.theme = theme();
}
