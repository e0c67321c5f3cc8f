import { Link, useLocation } from "wouter";
import { useWaiting } from "../panels/derived";
import { Icon, type IconName } from "../ui/icons";
import { isAt } from "./KeyBar";
import { ui } from "./ui-state";

const ITEMS: readonly { path: string; title: string; icon: IconName }[] = [
  { path: "/", title: "Overview", icon: "gauge" },
  { path: "/guests", title: "Guests", icon: "server" },
  { path: "/activity", title: "Activity", icon: "pulse" },
  { path: "/chat", title: "Chat", icon: "chat" },
  { path: "/shell", title: "Terminal", icon: "shell" },
];

/** The phone's bar. What is not on it is behind More: the command palette, which lists every page and action. */
export function BottomBar() {
  const [at] = useLocation();
  const waiting = useWaiting().count;
  return (
    <nav className="bottombar" aria-label="Main pages">
      {ITEMS.map(({ path, title, icon }) => (
        <Link key={path} href={path} className="bottom-item" aria-current={isAt(at, path) ? "page" : undefined}>
          <Icon name={icon} size={22} />
          {title}
          {path === "/chat" && waiting > 0 ? <span className="badge" aria-label={`${waiting} waiting`}>{waiting}</span> : null}
        </Link>
      ))}
      <button type="button" className="bottom-item" onClick={() => ui.set({ palette: true })}>
        <Icon name="menu" size={22} />
        More
      </button>
    </nav>
  );
}
