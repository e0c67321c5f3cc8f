import { lazy, memo, Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Activity } from "../panels/Activity";
import { Guests } from "../panels/Guests";
import { PlanPanel } from "../panels/PlanPanel";
import { Storages } from "../panels/Storages";
import { Empty, Waiting } from "../ui/Panel";
import { Chat } from "../views/Chat";
import { Overview } from "../views/Overview";
import { useArrival } from "./arrival";
import { PageBoundary } from "./PageBoundary";
import { kiosk, useMode } from "./prefs";

const lazily = <K extends string>(load: () => Promise<{ [key in K]: React.ComponentType }>, name: K) =>
  lazy(() => load().then((module) => ({ default: module[name] })));
const Audit = lazily(() => import("../views/Audit"), "Audit");
const Manifests = lazily(() => import("../views/Manifests"), "Manifests");
const Minds = lazily(() => import("../views/Minds"), "Minds");
const NodesPage = lazily(() => import("../views/NodesPage"), "NodesPage");
const Runbooks = lazily(() => import("../views/Runbooks"), "Runbooks");
const Services = lazily(() => import("../views/Services"), "Services");
const Settings = lazily(() => import("../views/Settings"), "Settings");
const Tasks = lazily(() => import("../views/Tasks"), "Tasks");
const Shells = lazily(() => import("../views/Shells"), "Shells");

const ReadsOnly = () => <div className="one"><Empty title="A wall display only reads." /></div>;

/** The bars say at once where a press leads; the page itself is drawn right after, and no press waits for it. */
export function Views() {
  const [at] = useLocation();
  const stands = useArrival(at);
  return (
    <main id="main" className="page" tabIndex={-1} aria-busy={stands !== at}>
      <Page at={stands} />
    </main>
  );
}

/** Which page stands at which address. */
const Page = memo(function Page({ at }: { at: string }) {
  const mode = useMode();
  return (
    <PageBoundary key={at.split("/")[1]}>
      <Suspense fallback={<Waiting for="the page" />}>
        <Switch location={at}>
          <Route path="/"><Overview /></Route>
          <Route path="/nodes"><NodesPage /></Route>
          <Route path="/guests"><div className="one"><Guests full mode={mode} /></div></Route>
          <Route path="/storage"><div className="one"><Storages full /></div></Route>
          <Route path="/activity"><div className="one"><Activity full /></div></Route>
          <Route path="/plan"><div className="one"><PlanPanel full /></div></Route>
          <Route path="/chat"><Chat /></Route>
          <Route path="/services"><Services /></Route>
          <Route path="/manifests/*?"><Manifests /></Route>
          <Route path="/runbooks"><Runbooks /></Route>
          <Route path="/audit"><Audit /></Route>
          <Route path="/tasks"><Tasks /></Route>
          <Route path="/minds"><Minds /></Route>
          <Route path="/settings">{kiosk ? <ReadsOnly /> : <Settings />}</Route>
          <Route path="/shell/*?">{kiosk ? <ReadsOnly /> : <Shells />}</Route>
          <Route><div className="one"><Empty title="There is nothing at this address." /></div></Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
});
