import { memo, useEffect, useMemo, useRef, useState } from "react";
import { ui } from "../app/ui-state";
import { blocked, type Command, useCommands } from "../commands/registry";
import { useFollowed } from "../live/hands";
import { useLive } from "../live/store";
import { Glyph } from "../ui/Glyph";
import { Icon } from "../ui/icons";
import { Modal } from "../ui/Modal";

const close = () => ui.set({ palette: false });

/** Everything that can be done or gone to, by typing a part of its name. */
export function Palette() {
  const [text, setText] = useState("");
  // What is typed stands at once, what fits it right after.
  const guests = useLive((state) => state.guests.size);
  const shown = useFollowed<string | null>(text, guests, null);
  const fitting = useCommands(text !== "");
  const [at, setAt] = useState(0);
  const found = useMemo(() => (shown === null ? [] : fitting(shown)), [fitting, shown]);
  const list = useRef<HTMLUListElement>(null);
  const chosen = found[Math.min(at, found.length - 1)];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <Modal title="Commands" look="palette" onClose={close}>
      <div className="palette-field">
        <Icon name="shell" />
        <input
          className="input input-bare grow"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={chosen ? `command-${chosen.id}` : undefined}
          aria-label="Command"
          placeholder="restart web, terminal, audit …"
          autoFocus
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step !== undefined) {
              event.preventDefault();
              setAt((old) => (Math.min(old, found.length - 1) + step + found.length) % Math.max(found.length, 1));
            } else if (event.key === "Enter") {
              event.preventDefault();
              // Who types and presses Enter means what was typed, though its list may not stand yet.
              run(shown === text ? chosen : fitting(text)[0]);
            }
          }}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </div>
      <ul id="palette-list" role="listbox" aria-label="Commands" className="palette-list" ref={list} tabIndex={-1}>
        {found.map((command) => (
          <Item key={command.id} command={command} isChosen={command === chosen} />
        ))}
      </ul>
      {shown !== null && found.length === 0 ? <p className="dim palette-none">Nothing is called “{shown}”.</p> : null}
    </Modal>
  );
}

function run(command: Command | undefined): void {
  if (!command || blocked(command)) return;
  close();
  command.run();
}

const Item = memo(function Item({ command, isChosen }: { command: Command; isChosen: boolean }) {
  // What acts is locked while it is lost.
  useLive((state) => state.link);
  const reason = blocked(command);
  return (
    <li
      id={`command-${command.id}`}
      role="option"
      aria-selected={isChosen}
      aria-disabled={reason ? true : undefined}
      className="palette-item"
      title={reason || undefined}
      onClick={() => run(command)}
    >
      {command.shape ? <Glyph shape={command.shape} /> : <span className="palette-gap" />}
      <span className="grow cut-text">{command.title}</span>
      {reason ? <span className="small dim">locked</span> : <span className="small dim">{command.group}</span>}
      {command.keys ? <kbd>{command.keys}</kbd> : null}
    </li>
  );
});
