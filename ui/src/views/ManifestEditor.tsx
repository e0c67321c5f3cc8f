import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { ask, told } from "../api/http";
import { ManifestSchemasDocument, PreviewChangeDocument, type PreviewChangeQuery, ProposeChangeDocument } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { note } from "../app/ui-state";
import { lockReason } from "../commands/deeds";
import type { Schema, Schemas } from "../editor/complete";
import { useLive } from "../live/store";
import { many } from "../model/format";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Panel, Waiting } from "../ui/Panel";

const Editor = lazy(() => import("../editor/Editor").then((module) => ({ default: module.Editor })));
const QUIET = 300;
type Preview = PreviewChangeQuery["previewChange"];

interface Props {
  path: string;
  content: string;
  onProposed: () => void;
}

/** One file in the editor: checked and planned by the server as it is typed, proposed as a commit. */
export function ManifestEditor({ path, content, onProposed }: Props) {
  const [text, setText] = useState(content);
  const [turn, setTurn] = useState(0);
  const [showsChanges, setShowsChanges] = useState(false);
  const schemas = useSchemas();
  const { preview, error } = usePreview(path, text, text !== content);
  const isChanged = text !== content;
  const mine = (found: Preview["errors"]) => found.filter((one) => one.path === path);
  const findings = useMemo(() => mine(preview?.errors ?? []), [preview]);
  const warnings = useMemo(() => mine(preview?.warnings ?? []), [preview]);
  return (
    <Panel title="Editor" age="own" note={<span>{path}{isChanged ? ", changed" : ""}</span>} flush className="editor-panel">
      <Suspense fallback={<Waiting rows={8} for="the editor" />}>
        <Editor key={turn} text={content} original={content} findings={findings} warnings={warnings} schemas={schemas} showsChanges={showsChanges} onChange={setText} />
      </Suspense>
      <footer className="editor-foot">
        {isChanged ? <Foreseen preview={preview} error={error} /> : <p className="dim">As in force. Change it, and I say what would come of it.</p>}
        {isChanged ? (
          <div className="row-wrap">
            <Button size="small" aria-pressed={showsChanges} onClick={() => setShowsChanges(!showsChanges)}>{showsChanges ? "Hide changes" : "Show changes"}</Button>
            <Button size="small" onClick={() => { setText(content); setTurn(turn + 1); setShowsChanges(false); }}>Take it back</Button>
          </div>
        ) : null}
        {isChanged ? <Propose path={path} text={text} isValid={preview !== null && preview.errors.length === 0} onProposed={onProposed} /> : null}
      </footer>
    </Panel>
  );
}

/** What the server says of the text, once typing has paused. */
function usePreview(path: string, text: string, isChanged: boolean) {
  const [state, setState] = useState<{ preview: Preview | null; error: string | null }>({ preview: null, error: null });
  useEffect(() => {
    if (!isChanged) {
      setState({ preview: null, error: null });
      return;
    }
    let isWanted = true;
    const timer = setTimeout(() => {
      ask(PreviewChangeDocument, { files: [{ path, content: text }] }).then(
        ({ previewChange }) => isWanted && setState({ preview: previewChange, error: null }),
        (reason: unknown) => isWanted && setState({ preview: null, error: reason instanceof Error ? reason.message : "no answer" }),
      );
    }, QUIET);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [path, text, isChanged]);
  return state;
}

function useSchemas(): Schemas {
  const asked = useAsk(ManifestSchemasDocument, {});
  return useMemo(() => {
    const camel = (kind: string) => kind.toLowerCase().split("_").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
    return new Map((asked.data?.manifestSchemas ?? []).map(({ kind, schema }) => [camel(kind), schema as Schema]));
  }, [asked.data]);
}

function Foreseen({ preview, error }: { preview: Preview | null; error: string | null }) {
  if (error) return <p className="tone-crit" role="alert">{error}</p>;
  if (!preview) return <p className="dim" role="status">Checking</p>;
  if (preview.errors.length > 0) {
    return (
      <ul className="lines" role="status" aria-label="Errors">
        {preview.errors.slice(0, 5).map((one) => <li key={one.text}><Glyph shape="crit" /><span className="mono">{one.text}</span></li>)}
      </ul>
    );
  }
  const fresh = preview.decisions.filter((one) => one.new);
  return (
    <div className="stack" role="status">
      <p><b>{preview.effect}</b></p>
      {preview.warnings.map((one) => <p key={one.text} className="tone-warn mono">{one.text}</p>)}
      {fresh.length > 0 ? (
        <ul className="lines" aria-label="Plan">
          {fresh.map((one) => (
            <li key={one.text}><Glyph shape={one.verdict === "PERMIT" ? "acting" : one.verdict === "REFUSE" ? "refused" : "warn"} /><span className="strong">{one.text}</span> <span className="dim">{one.reason}</span></li>
          ))}
        </ul>
      ) : <p className="dim">{many(0, "new step")} in the plan.</p>}
      {preview.needsReason ? <p className="small dim">Approved by {preview.needs.toLowerCase()}: {preview.needsReason}</p> : null}
    </div>
  );
}

interface ProposeProps {
  path: string;
  text: string;
  isValid: boolean;
  onProposed: () => void;
}

function Propose({ path, text, isValid, onProposed }: ProposeProps) {
  const [title, setTitle] = useState("");
  const [isBusy, setBusy] = useState(false);
  useLive((state) => state.link);
  const propose = async () => {
    setBusy(true);
    try {
      const { proposeChange } = await ask(ProposeChangeDocument, { title: title.trim(), reason: "", files: [{ path, content: text }] });
      note("ok", "Proposed", proposeChange.effect);
      setTitle("");
      onProposed();
    } catch (error) {
      note("crit", "Not proposed", told(error));
    }
    setBusy(false);
  };
  return (
    <div className="row">
      <input className="input input-small grow" aria-label="What the change is for" placeholder="What it is for, in a line" maxLength={72} value={title} onChange={(event) => setTitle(event.target.value)} />
      <Button look="primary" locked={lockReason()} disabled={!isValid || title.trim() === "" || isBusy} onClick={() => void propose()}>Propose</Button>
    </div>
  );
}
