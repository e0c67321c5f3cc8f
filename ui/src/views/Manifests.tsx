import { useMemo, useState } from "react";
import { ManifestsDocument, ProposalsDocument } from "../api/generated/graphql";
import { useAsk } from "../api/useAsk";
import { useLive } from "../live/store";
import { short } from "../model/format";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { ManifestEditor } from "./ManifestEditor";
import { Proposals } from "./Proposals";

/** The manifests in force: files, an editor that checks and foresees, and proposals that wait. */
export function Manifests() {
  const commit = useLive((state) => state.side?.revision.commit ?? null);
  const head = useLive((state) => state.head);
  const asked = useAsk(ManifestsDocument, {}, commit);
  const proposals = useAsk(ProposalsDocument, {}, head);
  const [chosen, setChosen] = useState<string | null>(null);
  const files = asked.data?.manifests;
  const file = files?.find((one) => one.path === chosen) ?? files?.[0];
  return (
    <div className="manifests">
      <Panel title="Manifests" age={asked} note={<span>{short(commit)}</span>} scroll className="files">
        {files ? null : <Unanswered asked={asked} rows={6} for="the manifests" />}
        {files?.length === 0 ? <Adopt /> : null}
        {files && files.length > 0 ? <Tree paths={files.map((one) => one.path)} chosen={file?.path ?? null} onChoose={setChosen} /> : null}
        {file ? <Places file={file} /> : null}
      </Panel>
      {file ? (
        <ManifestEditor key={`${file.path} ${file.commit}`} path={file.path} content={file.content} onProposed={proposals.again} />
      ) : (
        <Panel title="Editor" age="own"><Empty title="No file to show." /></Panel>
      )}
      <Proposals asked={proposals} />
    </div>
  );
}

function Adopt() {
  return (
    <Empty title="No manifest yet.">
      <p>Jarvis writes them for what runs now, without changing anything:</p>
      <pre className="code" tabIndex={0} aria-label="Command">jarvis adopt --output manifests/</pre>
      <p className="dim">Commit the files to the repository it watches. Until then I only look.</p>
    </Empty>
  );
}

interface TreeProps {
  paths: readonly string[];
  chosen: string | null;
  onChoose: (path: string) => void;
}

function Tree({ paths, chosen, onChoose }: TreeProps) {
  const folders = useMemo(() => {
    const found = new Map<string, string[]>();
    for (const path of [...paths].sort()) {
      const folder = path.slice(0, path.lastIndexOf("/") + 1);
      found.set(folder, [...(found.get(folder) ?? []), path]);
    }
    return [...found];
  }, [paths]);
  return (
    <nav aria-label="Files">
      <ul className="tree">
        {folders.map(([folder, files]) => (
          <li key={folder}>
            {folder ? <span className="mono dim">{folder}</span> : null}
            <ul>
              {files.map((path) => (
                <li key={path}>
                  <button type="button" className="link mono tree-file" aria-current={path === chosen ? "true" : undefined} onClick={() => onChoose(path)}>
                    {path.slice(folder.length)}
                  </button>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Places({ file }: { file: { resources: readonly { key: string; line: number }[] } }) {
  return (
    <ul className="lines places-list">
      {file.resources.map((place) => (
        <li key={place.key}><span className="mono dim">{place.line}</span><span>{place.key}</span></li>
      ))}
    </ul>
  );
}
