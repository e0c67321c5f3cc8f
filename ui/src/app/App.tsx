import { useLive } from "../live/store";
import { Login, LoginAgain } from "../views/Login";
import { Shell } from "./Shell";

/** Signed in or not; who was signed in finds the page as it was. */
export function App() {
  const me = useLive((state) => state.me);
  const ended = useLive((state) => state.ended);
  const user = me?.user ?? ended;
  if (user) {
    return (
      <>
        <Shell key={user} />
        {me ? null : <LoginAgain user={user} />}
      </>
    );
  }
  return me === undefined ? <p className="boot" role="status">Jarvis</p> : <Login />;
}
