import { useLive } from "../live/store";
import { Login } from "../views/Login";
import { Shell } from "./Shell";

/** Signed in or not. */
export function App() {
  const me = useLive((state) => state.me);
  if (me === undefined) return <p className="boot" role="status">Jarvis</p>;
  return me === null ? <Login /> : <Shell />;
}
