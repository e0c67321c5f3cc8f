import { acknowledge, lockReason } from "../commands/deeds";
import { serverNow } from "../live/now";
import { useLive } from "../live/store";
import { when } from "../model/format";
import { ofSeverity } from "../model/status";
import { Button } from "../ui/Button";
import { Glyph } from "../ui/Glyph";
import { Panel } from "../ui/Panel";

/** What a person should know about now; not there while there is nothing. */
export function Alerts() {
  const alerts = useLive((state) => state.alerts);
  useLive((state) => state.link);
  if (!alerts || alerts.length === 0) return null;
  const isCritical = alerts.some((alert) => alert.severity === "CRITICAL");
  return (
    <Panel title="Alerts" age="push" note={<span>{alerts.length}</span>} tone={isCritical ? "crit" : undefined} scroll className="alerts">
      <ul className="alert-list">
        {alerts.map((alert) => (
          <li key={alert.id}>
            <Glyph shape={ofSeverity(alert.severity)} label={alert.severity.toLowerCase()} />
            <p className="grow">
              <span className="strong">{alert.title}</span> <span>{alert.detail}</span>
            </p>
            {alert.since ? <span className="mono dim">{when(alert.since, serverNow())}</span> : null}
            {alert.issue ? <Button size="small" locked={lockReason()} onClick={() => void acknowledge(alert.issue ?? "")}>Acknowledge</Button> : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
