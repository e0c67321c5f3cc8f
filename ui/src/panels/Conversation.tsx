import { useMemo } from "react";
import { useUi } from "../app/ui-state";
import { useLive } from "../live/store";
import { nameOf } from "../model/format";
import { Icon } from "../ui/icons";
import { Panel } from "../ui/Panel";
import { WaitingCards } from "./WaitingCards";

/** What waits for a person, and the place where Jarvis is spoken to. */
export function Conversation() {
  const guests = useLive((state) => state.guests);
  const issues = useLive((state) => state.side?.issues);
  const examples = useMemo(() => {
    const guest = [...guests.values()].find((one) => one.status === "RUNNING" && !one.protected);
    const issue = issues?.[0];
    return ["How is the cluster?", guest ? `Restart ${guest.name ?? guest.vmid}` : "Which guests are stopped?", issue ? `Why did ${nameOf(issue.resource)} stop?` : "What did you mend today?"];
  }, [guests, issues]);
  return (
    <Panel title="Conversation" age="push" scroll className="conversation">
      <WaitingCards />
      <div className="chat-empty">
        <p>This server has no conversation yet. When it has, I answer here from the live state, for instance:</p>
        <ul>
          {examples.map((example) => (
            <li key={example}>“{example}”</li>
          ))}
        </ul>
      </div>
      <button type="button" className="ask" onClick={() => useUi.setState({ palette: true })}>
        <Icon name="shell" />
        <span className="grow">Type a command</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
    </Panel>
  );
}
