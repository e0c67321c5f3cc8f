import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/oxanium/index.css";
import "@fontsource-variable/saira/index.css";
import "./styles/index.css";
import { App } from "./app/App";
import { shiftKiosk, watchLoad } from "./app/guard";
import { dimKiosk } from "./app/kiosk";
import { dress } from "./app/prefs";
import { watchHands } from "./live/hands";
import { start } from "./live/session";

watchHands();
dress();
watchLoad();
shiftKiosk();
dimKiosk();
start();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
