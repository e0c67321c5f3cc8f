import { open } from "../app/places";
import { useLive } from "../live/store";
import { ofDecision } from "../model/status";
import { Glyph } from "../ui/Glyph";

/** What the present plan decides about something, each with the word of the guard. */
export function DecisionList({ vmid, resource }: { vmid?: number; resource: string | null }) {
  const plan = useLive((state) => state.plan);
  const mine = (plan?.decisions ?? []).filter((one) => (vmid !== undefined && one.action.vmid === vmid) || (resource && one.resource === resource));
  const said = (plan?.report ?? []).filter((line) => resource && line.subject === resource);
  if (mine.length + said.length === 0) return <p className="dim">Nothing is planned for it.</p>;
  return (
    <ul className="lines">
      {mine.map((decision) => (
        <li key={decision.id}>
          <Glyph shape={ofDecision(decision).shape} label={decision.verdict.word} />
          <button type="button" className="link grow" onClick={() => open(`decision/${decision.id.slice(0, 16)}`)}>
            <span className="strong">{decision.action.text}</span> {decision.verdict.reason ?? decision.verdict.word}
          </button>
        </li>
      ))}
      {said.map((line) => <li key={line.text}><Glyph shape="off" /><span>{line.text}</span></li>)}
    </ul>
  );
}
