import type { ITheme } from "@xterm/xterm";

/** Sixteen colours from the tokens, so that red in a shell is the red of a failed guest. */
export function theme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: token("panel"), foreground: token("text-2"), cursor: token("accent"), cursorAccent: token("ink"),
    selectionBackground: token("edge"), black: token("hairline"), brightBlack: token("text-3"),
    red: token("crit-text"), brightRed: token("crit-text"), green: token("ok"), brightGreen: token("ok"),
    yellow: token("warn"), brightYellow: token("warn"), blue: token("info-text"), brightBlue: token("info-text"),
    magenta: token("info-text"), brightMagenta: token("info-text"), cyan: token("ok"), brightCyan: token("ok"),
    white: token("text-2"), brightWhite: token("text-1"),
  };
}
