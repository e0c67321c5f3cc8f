import { PLACES } from "../app/places";
import { setPrefs, usePrefs } from "../app/prefs";
import { ui } from "../app/ui-state";
import { KEYS } from "../commands/keyboard";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";

const close = () => ui.set({ keys: false });

/** Every key there is. */
export function KeysCard() {
  const letters = usePrefs((prefs) => prefs.letters);
  return (
    <Modal title="Keys" look="card" note={<Button size="small" onClick={close} keys="Esc">Close</Button>} onClose={close}>
      <div className="keys-columns">
        <dl className="keys">
          {KEYS.map(([key, word]) => (
            <div key={key}><dt><kbd>{key}</kbd></dt><dd>{word}</dd></div>
          ))}
        </dl>
        <dl className="keys">
          {PLACES.map(({ path, title, key }) => (
            <div key={path}><dt><kbd>G {key.toUpperCase()}</kbd></dt><dd>{title}</dd></div>
          ))}
        </dl>
      </div>
      <p className="small dim">In a terminal all keys belong to the shell but Ctrl Shift F6 (leave), Ctrl Shift F (search) and Ctrl Shift K (kill switch).</p>
      <footer className="row-wrap">
        <Button aria-pressed={!letters} onClick={() => setPrefs({ letters: !letters })}>{letters ? "Turn single letters off" : "Turn single letters on"}</Button>
      </footer>
    </Modal>
  );
}
