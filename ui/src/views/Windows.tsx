import { lockReason, release } from "../commands/deeds";
import { useSide } from "../live/side";
import { useLive } from "../live/store";
import { dateTime, span } from "../model/format";
import { Button } from "../ui/Button";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { Status } from "../ui/Glyph";
import { Table } from "../ui/Table";

/** Maintenance windows and holds: when Jarvis may not, and what it leaves alone. */
export function Windows() {
  const windows = useLive((state) => state.side?.windows);
  const holds = useLive((state) => state.side?.holds);
  const asked = useSide();
  useLive((state) => state.link);
  return (
    <Panel title="Windows and holds" age={asked} scroll>
      {windows ? null : <Unanswered asked={asked} rows={3} for="the windows" />}
      {windows?.length === 0 && holds?.length === 0 ? <Empty title="No window, no hold." /> : null}
      {windows && windows.length > 0 ? (
        <Table label="Maintenance windows" heads={["window", "effect", "schedule", "next change", "state"]}>
          {windows.map((window) => (
            <tr key={window.name}>
              <td className="strong">{window.name}</td>
              <td>{window.effect.toLowerCase()} {window.appliesTo.toLowerCase()}</td>
              <td className="mono">{window.schedule} {window.timeZone}, {span(window.durationSeconds)}</td>
              <td>{window.nextChange ? dateTime(window.nextChange) : "never"}</td>
              <td><Status shape={window.open ? "acting" : "off"} word={window.open ? "open" : "closed"} /></td>
            </tr>
          ))}
        </Table>
      ) : null}
      {holds && holds.length > 0 ? (
        <Table label="Holds" heads={["hold on", "by", "why", "until", ""]}>
          {holds.map((hold) => (
            <tr key={hold.scope}>
              <td className="strong">{hold.scope}</td>
              <td>{hold.by}</td>
              <td>{hold.reason}</td>
              <td>{hold.until ? dateTime(hold.until) : "released"}</td>
              <td className="end"><Button size="small" locked={lockReason()} onClick={() => void release(hold.scope)} aria-label={`Release the hold on ${hold.scope}`}>Release</Button></td>
            </tr>
          ))}
        </Table>
      ) : null}
    </Panel>
  );
}
