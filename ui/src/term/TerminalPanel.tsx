import { Panel } from "../ui/Panel";
export function TerminalPanel() { return <Panel title="Terminal" age="asked" className="terminal">later</Panel>; }
