import { autocompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { completions, type Schemas } from "./complete";

export interface Finding {
  line: number;
  column: number;
  problem: string;
  hint: string;
}

interface Props {
  /** The text the editor begins with; another one makes another editor. */
  text: string;
  /** What it is compared with. */
  original: string;
  findings: readonly Finding[];
  warnings: readonly Finding[];
  schemas: Schemas;
  showsChanges: boolean;
  onChange: (text: string) => void;
}

/** A YAML editor: errors from the server, completion from the schemas, changes against what is in force. */
export function Editor({ text, original, findings, warnings, schemas, showsChanges, onChange }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changes = useRef(new Compartment());
  const latest = useRef({ onChange, schemas });
  latest.current = { onChange, schemas };
  useEffect(() => {
    const host = box.current;
    if (!host) return;
    // In a shadow root the editor's styles are constructed sheets, which the page's policy allows.
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const state = EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), lintGutter(), yaml(), LOOK, syntaxHighlighting(COLORS),
        autocompletion({ override: [(context) => completions(context, latest.current.schemas)] }),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        changes.current.of([]),
        EditorView.contentAttributes.of({ "aria-label": "Manifest", spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && latest.current.onChange(update.state.doc.toString())),
      ],
    });
    const made = new EditorView({ state, parent: root, root });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [text]);
  useEffect(() => {
    const merge = showsChanges ? unifiedMergeView({ original, mergeControls: false }) : [];
    view.current?.dispatch({ effects: changes.current.reconfigure(merge) });
  }, [showsChanges, original, text]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const all = [...findings.map((one) => diagnostic(made, one, "error")), ...warnings.map((one) => diagnostic(made, one, "warning"))];
    made.dispatch(setDiagnostics(made.state, all));
  }, [findings, warnings]);
  return <div className="editor" ref={box} />;
}

function diagnostic(view: EditorView, { line, column, problem, hint }: Finding, severity: Diagnostic["severity"]): Diagnostic {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
  return { from, to: at.to, severity, message: hint ? `${problem}; ${hint}` : problem };
}

const COLORS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-2)" },
  { tag: [tags.string, tags.content], color: "var(--text-1)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--info-text)" },
  { tag: tags.comment, color: "var(--text-3)" },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--text-3)" },
]);

const LOOK = EditorView.theme(
  {
    "&": { height: "100%", backgroundColor: "var(--void)", color: "var(--text-2)", fontSize: "13px" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
    ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--text-3)", border: "0" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--raised)" },
    ".cm-cursor": { borderLeft: "2px solid var(--accent)" },
    "&.cm-focused": { outline: "2px solid var(--accent-2)", outlineOffset: "-2px" },
    "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selected) !important" },
    ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text-1)", border: "1px solid var(--edge)" },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--selected)", color: "var(--text-1)" },
    ".cm-diagnostic-error": { borderLeft: "3px solid var(--crit)" },
    ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
    ".cm-changedLine, &.cm-merge-b .cm-changedLine": { backgroundColor: "var(--add) !important" },
    ".cm-insertedLine, .cm-changedText": { background: "none !important", color: "var(--add-text)", textDecoration: "none !important" },
    ".cm-deletedChunk": { backgroundColor: "var(--del) !important", color: "var(--del-text)" },
  },
  { dark: true },
);
