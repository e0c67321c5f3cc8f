import { Link, useLocation } from "wouter";
import { useWaiting } from "../panels/derived";
import { Icon } from "../ui/icons";
import { useOpen } from "./address";
import { isAt } from "./KeyBar";
import { MoreSheet } from "./MoreSheet";
import { open, PLACES } from "./places";

const ON_BAR = ["/", "/guests", "/activity", "/chat", "/shell"];
const ITEMS = ON_BAR.flatMap((wanted) => PLACES.filter(({ path }) => path === wanted));
const REST = PLACES.filter(({ path }) => !ON_BAR.includes(path));

/** The phone's bar. What is not on it is behind More, which stands in the address: going back closes it. */
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
      <More isHere={REST.some(({ path }) => isAt(at, path))} />
    </nav>
  );
}

function More({ isHere }: { isHere: boolean }) {
  const isOpen = useOpen() === "more";
  return (
    <>
      <button type="button" className="bottom-item" aria-haspopup="dialog" aria-expanded={isOpen} aria-current={isHere ? "true" : undefined} onClick={() => open("more")}>
        <Icon name="menu" size={22} />
        More
      </button>
      {isOpen ? <MoreSheet places={REST} /> : null}
    </>
  );
}
