import { MODES, setPrefs, usePrefs } from "../app/prefs";
import { ModeSwitch } from "../app/ModeSwitch";
import { signOut } from "../live/session";
import { useLive } from "../live/store";
import { timeZone } from "../model/format";
import { Button } from "../ui/Button";
import { Panel } from "../ui/Panel";
import { Channels } from "./Channels";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

/** This browser, and who may come in. */
export function Settings() {
  const isAdmin = useLive((state) => state.me?.role === "ADMIN");
  return (
    <div className="two">
      <div className="one">
        <Browser />
        <Channels />
      </div>
      <div className="one">
        {isAdmin ? <><Tokens /><Users /></> : <Panel title="Tokens and users" age="own"><p className="dim">Only an admin sees and changes these.</p></Panel>}
      </div>
    </div>
  );
}

function Browser() {
  const prefs = usePrefs();
  const me = useLive((state) => state.me);
  const version = useLive((state) => state.version);
  return (
    <Panel title="This browser" age="own" scroll>
      <div className="stack">
        <dl className="facts">
          <dt>Signed in</dt><dd>{me?.user}, {me?.role.toLowerCase()}</dd>
          <dt>Times</dt><dd>24 h, {timeZone}</dd>
          <dt>Jarvis</dt><dd>{version}</dd>
        </dl>
        <div className="row-wrap"><span className="dim">Mode</span><ModeSwitch /><span className="small dim">one page in {MODES.length} looks</span></div>
        <label className="field settings-field">
          <span>How I address you</span>
          <input className="input" value={prefs.address} maxLength={40} placeholder="nothing" onChange={(event) => setPrefs({ address: event.target.value })} />
        </label>
        <label className="row"><input type="checkbox" checked={prefs.still} onChange={(event) => setPrefs({ still: event.target.checked })} /> Hold still: no motion at all</label>
        <label className="row"><input type="checkbox" checked={prefs.letters} onChange={(event) => setPrefs({ letters: event.target.checked })} /> Single letters are shortcuts</label>
        <p><Button onClick={() => void signOut()}>Sign out</Button></p>
      </div>
    </Panel>
  );
}
