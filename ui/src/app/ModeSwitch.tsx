import { MODES, setPrefs, usePrefs } from "./prefs";

const WORDS = { jarvis: "Jarvis", ops: "Ops", minimal: "Minimal" } as const;

/** The three dresses of the same page. */
export function ModeSwitch() {
  const mode = usePrefs((prefs) => prefs.mode);
  return (
    <div className="segmented mode-switch" role="radiogroup" aria-label="Mode">
      {MODES.map((one) => (
        <button
          key={one}
          type="button"
          role="radio"
          aria-checked={one === mode}
          tabIndex={one === mode ? 0 : -1}
          onClick={() => setPrefs({ mode: one })}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (step === undefined) return;
            const next = MODES[(MODES.indexOf(one) + step + MODES.length) % MODES.length];
            if (next) setPrefs({ mode: next });
            const sibling = step > 0 ? event.currentTarget.nextElementSibling : event.currentTarget.previousElementSibling;
            if (sibling instanceof HTMLElement) sibling.focus();
          }}
        >
          {WORDS[one]}
        </button>
      ))}
    </div>
  );
}
