import { Link, useLocation } from "wouter";
import { useLive } from "../live/store";
import { many } from "../model/format";
import { PLACES } from "./places";
import { ui } from "./ui-state";

/** Keys and places in one line; every hint can be pressed as well. */
export function KeyBar() {
  const [at] = useLocation();
  const clusters = useLive((state) => state.clusters);
  const nodes = useLive((state) => state.nodes.size);
  const guests = useLive((state) => state.guests.size);
  const resources = useLive((state) => state.resources.size);
  return (
    <footer className="keybar">
      <button type="button" className="hint" onClick={() => ui.set({ palette: true })}><kbd>Ctrl K</kbd> commands</button>
      <button type="button" className="hint" onClick={() => ui.set({ keys: true })}><kbd>?</kbd> keys</button>
      <nav aria-label="Pages" className="places">
        {PLACES.filter((place) => place.bar).map((place) => (
          <Link key={place.path} href={place.path} className="hint" aria-current={isAt(at, place.path) ? "page" : undefined} title={`G then ${place.key.toUpperCase()}`}>
            {place.title}
          </Link>
        ))}
      </nav>
      <span className="grow" />
      <span className="totals cut-text">
        <span className="strong">{clusters.join(", ")}</span> {many(nodes, "node")} <span className="wide-only">{many(guests, "guest")} {many(resources, "resource")}</span>
      </span>
    </footer>
  );
}

export const isAt = (at: string, path: string): boolean => (path === "/" ? at === "/" : at === path || at.startsWith(`${path}/`));
