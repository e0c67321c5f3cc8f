import { MindsDocument, type MindsQuery } from "../api/generated/graphql";
import type { Costs, SpentBy } from "../api/types";
import { useAsk } from "../api/useAsk";
import { useCosts } from "../live/spend";
import { useLive } from "../live/store";
import { many } from "../model/format";
import { dollars } from "../model/speech";
import type { Shape } from "../model/status";
import { Glyph, Status } from "../ui/Glyph";
import { Panel, Waiting } from "../ui/Panel";
import { SpanLine } from "../ui/SpanLine";
import { Table } from "../ui/Table";

/** What the models cost: by span against its cap, by day, by model and by kind; and how the minds are. */
export function Spend() {
  const costs = useCosts((state) => state.costs);
  return (
    <Panel title="Minds and spend" age="push" scroll className="spend">
      <div className="stack">
        <Minds />
        {costs ? <Contents costs={costs} /> : <Waiting rows={4} for="the figures" />}
      </div>
    </Panel>
  );
}

function Contents({ costs }: { costs: Costs }) {
  const isFree = costs.byModel.length === 0;
  return (
    <>
      {costs.warnings.map((text) => <p key={text} className="row tone-warn"><Glyph shape="warn" /><span>{text}</span></p>)}
      <ul className="limit-list">
        <SpanLine word="Today" spent={costs.day} />
        <SpanLine word="This week" spent={costs.week} />
        <SpanLine word="This month" spent={costs.month} />
      </ul>
      {costs.days.length > 1 ? <Days days={costs.days} /> : null}
      {isFree ? <p className="dim">No model was asked yet; the built-in voice costs nothing.</p> : <ByTable label="By model" rows={costs.byModel} />}
      {costs.byKind.length > 0 ? <ByTable label="By kind" rows={costs.byKind} /> : null}
      <p className="small dim">{costs.pricesAsOf ? `Prices as of ${costs.pricesAsOf}.` : ""}{costs.reserved > 0 ? ` ${dollars(costs.reserved)} is reserved for answers under way.` : ""}</p>
    </>
  );
}

function Days({ days }: { days: readonly SpentBy[] }) {
  const most = Math.max(...days.map((day) => day.microDollars), 1);
  const width = 10;
  return (
    <svg className="spend-days" viewBox={`0 0 ${days.length * width} 40`} preserveAspectRatio="none" role="img" aria-label={`Spend of the last ${days.length} days, at most ${dollars(most)} a day`}>
      {days.map((day, at) => {
        const height = day.microDollars === 0 ? 1 : Math.max(2, (38 * day.microDollars) / most);
        return (
          <rect key={day.name} x={at * width + 1} y={40 - height} width={width - 2} height={height} fill="var(--arc)">
            <title>{`${day.name}: ${dollars(day.microDollars)}, ${many(day.questions, "question")}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function ByTable({ label, rows }: { label: string; rows: readonly SpentBy[] }) {
  return (
    <Table label={label} heads={[label.toLowerCase(), "questions", "spent"]}>
      {rows.map((row) => (
        <tr key={row.name}>
          <td className="strong">{row.name}</td>
          <td>{row.questions.toLocaleString("en-GB")}</td>
          <td>{dollars(row.microDollars)}</td>
        </tr>
      ))}
    </Table>
  );
}

type Mind = MindsQuery["minds"][number];

const SHAPES: { [state: string]: Shape } = { ready: "ok", "not asked": "off", resting: "unknown", "over budget": "warn" };
const shapeOf = ({ state }: Mind): Shape => (SHAPES[state] ?? "warn");

function Minds() {
  const asked = useAsk(MindsDocument, {}, useLive((state) => state.sideAt));
  const minds = asked.data?.minds;
  if (!minds) return <p className="dim">{asked.error ?? "Asking"}</p>;
  if (minds.length === 0) return <p className="dim">No model is configured: the built-in voice answers. docs/MODELS.md says how to add one.</p>;
  return (
    <ul className="lines" aria-label="Minds">
      {minds.map((mind) => (
        <li key={mind.name}>
          <span className="strong">{mind.name}</span>
          <span className="dim">{mind.local ? "in the house" : "outside"}</span>
          <Status shape={shapeOf(mind)} word={mind.state} title={mind.reason ?? undefined} />
          <span className="dim cut-text grow">{mind.reason}</span>
        </li>
      ))}
    </ul>
  );
}
