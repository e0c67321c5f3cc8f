import { useLive } from "../live/store";
import { nameOf } from "../model/format";
import { yamlOf } from "../model/yaml";
import { Empty, Panel } from "../ui/Panel";

/** Where alerts go. */
export function Channels() {
  const resources = useLive((state) => state.resources);
  const channels = [...resources.values()].filter((resource) => resource.kind === "NOTIFICATION_CHANNEL");
  return (
    <Panel title="Notification channels" age="push" scroll>
      {channels.length === 0 ? <Empty title="No channel declared."><p className="dim">Without one, alerts stand here only. A manifest of kind NotificationChannel sends them by mail, webhook or ntfy.</p></Empty> : null}
      <div className="stack">
        {channels.map((channel) => (
          <article key={channel.key} className="part">
            <h3 className="strong">{nameOf(channel.key)}</h3>
            <pre className="code" tabIndex={0} aria-label={channel.key}>{yamlOf(channel.spec)}</pre>
          </article>
        ))}
      </div>
    </Panel>
  );
}
