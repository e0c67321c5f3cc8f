import { useEffect } from "react";
import { Router } from "wouter";
import { startSpeaking } from "../live/conversation";
import { followCosts } from "../live/spend";
import { usePath } from "./address";
import { Banners } from "./Banners";
import { BottomBar } from "./BottomBar";
import { KeyBar } from "./KeyBar";
import { Notes } from "./Notes";
import { Overlays } from "./Overlays";
import { Speaker } from "./Speaker";
import { TopBar } from "./TopBar";
import { Views } from "./Views";
import { useKeyboard } from "../commands/keyboard";

/** The frame around every page: bar, banners, page, keys. */
export function Shell() {
  useKeyboard();
  useEffect(startSpeaking, []);
  useEffect(followCosts, []);
  return (
    <Router hook={usePath}>
      <div className="shell">
        <a className="skip" href="#main">Skip to the page</a>
        <TopBar />
        <Banners />
        <Views />
        <KeyBar />
        <BottomBar />
        <Notes />
        <Speaker />
        <Overlays />
      </div>
    </Router>
  );
}
