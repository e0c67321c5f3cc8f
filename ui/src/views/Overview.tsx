import { lazy, Suspense } from "react";
import { useParts } from "../app/arrival";
import { kiosk, useMode } from "../app/prefs";
import { Activity } from "../panels/Activity";
import { Alerts } from "../panels/Alerts";
import { Conversation } from "../panels/Conversation";
import { Guests } from "../panels/Guests";
import { Limits } from "../panels/Limits";
import { Nodes } from "../panels/Nodes";
import { PlanPanel } from "../panels/PlanPanel";
import { Reconciler } from "../panels/Reconciler";
import { Storages } from "../panels/Storages";
import { WaitingCards } from "../panels/WaitingCards";
import { Panel, Waiting } from "../ui/Panel";

const TerminalPanel = lazy(() => import("../term/TerminalPanel").then((module) => ({ default: module.TerminalPanel })));

/** Everything at a glance. The order of the page is that of the phone: Jarvis, the machines, the hands. */
export function Overview() {
  const mode = useMode();
  const columns = useParts(3);
  return (
    <div className="overview" aria-busy={columns < 3}>
      <h1 className="sr">Overview</h1>
      <div className="column column-jarvis">
        <Reconciler />
        <Alerts />
        <div className="phone-cards"><WaitingCards /></div>
        <Activity />
        {kiosk ? null : <Conversation />}
      </div>
      <div className="column column-infra">
        {columns < 2 ? null : (
          <>
            <Nodes />
            <Guests mode={mode} />
            <Storages />
          </>
        )}
      </div>
      <div className="column column-hands">
        {columns < 3 ? null : (
          <>
            {kiosk ? null : <Suspense fallback={<Panel title="Terminal" age="own" className="terminal"><Waiting rows={2} for="the terminal" /></Panel>}>
              <TerminalPanel />
            </Suspense>}
            <PlanPanel />
            <Limits />
          </>
        )}
      </div>
    </div>
  );
}
