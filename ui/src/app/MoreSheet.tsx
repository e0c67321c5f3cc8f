import { Link, useLocation } from "wouter";
import { signOut } from "../live/session";
import { useLive } from "../live/store";
import { Icon, type IconName } from "../ui/icons";
import { Modal } from "../ui/Modal";
import { isAt } from "./KeyBar";
import { ModeSwitch } from "./ModeSwitch";
import { type Place, shut } from "./places";
import { kiosk } from "./prefs";
import { ui } from "./ui-state";

/** What the phone's bar has no room for: the other pages, the mode, the kill switch, and the way out. */
export function MoreSheet({ places }: { places: readonly Place[] }) {
  const [at] = useLocation();
  const isFrozen = useLive((state) => state.freeze !== null && state.freeze.state !== "OFF");
  return (
    <Modal title="More" look="sheet" onClose={shut}>
      <nav className="more-items" aria-label="More pages">
        {places.map(({ path, title, icon }) =>
          kiosk && path === "/settings" ? null : (
            <Link key={path} href={path} replace className="more-item" aria-current={isAt(at, path) ? "page" : undefined}>
              <Icon name={icon} size={20} />
              {title}
            </Link>
          ),
        )}
      </nav>
      {kiosk ? null : <div className="row more-mode"><span className="dim grow">Mode</span><ModeSwitch /></div>}
      <div className="more-items">
        <Item icon="find" word="Commands" run={() => ui.set({ palette: true })} />
        {isFrozen
          ? kiosk ? null : <Item icon="play" word="Re-arm" run={() => ui.set({ thawing: true })} />
          : <Item icon="freeze" word="Freeze" tone="tone-crit" run={() => ui.set({ freezing: true })} />}
        {kiosk ? null : <Item icon="out" word="Sign out" run={() => void signOut()} />}
      </div>
    </Modal>
  );
}

function Item({ icon, word, tone = "", run }: { icon: IconName; word: string; tone?: string; run: () => void }) {
  return (
    <button
      type="button"
      className={`more-item ${tone}`}
      onClick={() => {
        shut();
        run();
      }}
    >
      <Icon name={icon} size={20} />
      {word}
    </button>
  );
}
