import { lazy, Suspense, useEffect } from "react";
import { useLive } from "../live/store";
import { Login, LoginAgain } from "../views/Login";
import { PageBoundary } from "./PageBoundary";
import { hasBeenHere, setBeenHere } from "./been-here";

// Signing in needs little of the page; the rest comes while the password is typed.
const load = () => import("./Shell");
const Shell = lazy(() => load().then((module) => ({ default: module.Shell })));
if (hasBeenHere()) void load();

const Boot = () => <p className="boot" role="status">Jarvis</p>;

/** Signed in or not; who was signed in finds the page as it was. */
export function App() {
  const me = useLive((state) => state.me);
  const ended = useLive((state) => state.ended);
  const user = me?.user ?? ended;
  useEffect(() => {
    if (me !== undefined) setBeenHere(me !== null || ended !== null);
  }, [me, ended]);
  if (user) {
    return (
      <PageBoundary>
        <Suspense fallback={<Boot />}>
          <Shell key={user} />
        </Suspense>
        {me ? null : <LoginAgain user={user} />}
      </PageBoundary>
    );
  }
  // Where nobody was signed in there is nothing to wait for; a session that stands after all takes its place.
  return me === undefined && hasBeenHere() ? <Boot /> : <Login onBegin={() => void load()} />;
}
