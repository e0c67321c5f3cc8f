import { ChannelsDocument, type ChannelsQuery, TestNotificationDocument } from "../api/generated/graphql";
import { ask, told } from "../api/http";
import { useAsk } from "../api/useAsk";
import { note } from "../app/ui-state";
import { lockReason } from "../commands/deeds";
import { useLive } from "../live/store";
import { many } from "../model/format";
import { Button } from "../ui/Button";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { Table } from "../ui/Table";

type Channel = ChannelsQuery["notificationChannels"][number];

/** Where alerts go, and whether a message arrives. */
export function Channels() {
  const revision = useLive((state) => state.side?.revision.commit ?? null);
  const asked = useAsk(ChannelsDocument, {}, revision);
  const channels = asked.data?.notificationChannels;
  return (
    <Panel title="Notification channels" age={asked} scroll>
      {channels ? null : <Unanswered asked={asked} rows={3} for="the channels" />}
      {channels?.length === 0 ? <Empty title="No channel declared."><p className="dim">Without one, alerts stand here only. A manifest of kind NotificationChannel sends them by mail, webhook or ntfy.</p></Empty> : null}
      {channels && channels.length > 0 ? (
        <Table label="Notification channels" heads={["name", "way", "to", "from", "waiting", ""]}>
          {channels.map((channel) => <Line key={channel.resource} channel={channel} />)}
        </Table>
      ) : null}
    </Panel>
  );
}

function Line({ channel }: { channel: Channel }) {
  useLive((state) => state.link);
  return (
    <tr title={channel.quiet ? `quiet ${channel.quiet}` : undefined}>
      <td className="strong">{channel.name}</td>
      <td>{channel.way}</td>
      <td className="mono">{channel.target}</td>
      <td>{channel.minimumSeverity.toLowerCase()}</td>
      <td>{channel.waiting === null ? "not known" : many(channel.waiting, "message")}</td>
      <td className="end"><Button size="small" locked={lockReason()} onClick={() => void test(channel.name)}>Send a test</Button></td>
    </tr>
  );
}

async function test(channel: string): Promise<void> {
  try {
    const { testNotification } = await ask(TestNotificationDocument, { channel });
    note(testNotification.accepted ? "ok" : "crit", testNotification.accepted ? "The test was taken" : "The test was not taken", testNotification.text);
  } catch (error) {
    note("crit", "No test was sent", told(error));
  }
}
