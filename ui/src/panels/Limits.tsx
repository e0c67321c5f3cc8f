import { useCosts } from "../live/spend";
import { useSide } from "../live/side";
import { useLive } from "../live/store";
import { Bar } from "../ui/Bar";
import { SpanLine } from "../ui/SpanLine";
import { Panel, Unanswered } from "../ui/Panel";

/** How far Jarvis may go, and how much of it is used. */
export function Limits() {
  const side = useLive((state) => state.side);
  const costs = useCosts((state) => state.costs);
  const asked = useSide();
  if (!side) {
    return (
      <Panel title="Limits and spend" age={asked} className="limits"><Unanswered asked={asked} rows={3} for="the policy" /></Panel>
    );
  }
  const { policy, intents, issues } = side;
  const acting = new Set(intents.filter((intent) => !intent.closedAt).map((intent) => intent.action.node ?? intent.resource)).size;
  const spent = issues.filter((issue) => issue.attemptsLeft === 0).length;
  const rows: [string, number, number, string][] = [
    ["Actions", policy.actionsInLastHour, policy.actionsPerHour, `${policy.actionsInLastHour} / ${policy.actionsPerHour} this hour`],
    ["Nodes acted on", acting, policy.nodesAtOnce, `${acting} / ${policy.nodesAtOnce} at once`],
    ["Issues out of attempts", spent, Math.max(issues.length, 1), `${spent} of ${issues.length}`],
  ];
  return (
    <Panel title="Limits and spend" age={asked.error === null ? "push" : asked} note={<span>{policy.ceiling} ceiling</span>} className="limits">
      <ul className="limit-list">
        {rows.map(([word, used, whole, said]) => (
          <li key={word}>
            <span className="cut-text">{word}</span>
            <Bar value={whole > 0 ? used / whole : 0} />
            <span className="num">{said}</span>
          </li>
        ))}
        {costs ? <SpanLine word="Model spend today" spent={costs.day} /> : <li className="dim"><span>Model spend</span><span className="small limit-none">not known yet</span></li>}
      </ul>
    </Panel>
  );
}
