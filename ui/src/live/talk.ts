// How what arrives changes a conversation. Pure: no clock, no network, no page.
import type { ConversationSubscription, Message } from "../api/types";

export type TalkUpdate = ConversationSubscription["conversation"];

export interface Talk {
  /** Oldest first; none before the first snapshot. */
  messages: readonly Message[];
  hasSnapshot: boolean;
  /** It was deleted. */
  gone: boolean;
}

export const silence: Talk = { messages: [], hasSnapshot: false, gone: false };

export interface Heard {
  talk: Talk;
  /** Something is missing: the conversation has to be followed anew. */
  gap: boolean;
}

/** Applies what came since the last frame. Messages that did not change keep their identity. */
export function hear(before: Talk, updates: readonly TalkUpdate[]): Heard {
  let talk = before;
  for (const update of updates) {
    if (update.gone) return { talk: { ...talk, gone: true }, gap: false };
    if (update.snapshot) talk = { messages: merged([], update.messages), hasSnapshot: true, gone: false };
    else if (!talk.hasSnapshot) continue; // the snapshot says it all
    else if (update.messages.length > 0) talk = { ...talk, messages: merged(talk.messages, update.messages) };
    if (!update.added) continue;
    const messages = grown(talk.messages, update.added);
    if (!messages) return { talk, gap: true };
    talk = { ...talk, messages };
  }
  return { talk, gap: false };
}

/** Each number once, in order; what comes later replaces what was there. */
function merged(old: readonly Message[], changed: readonly Message[]): readonly Message[] {
  const all = new Map(old.map((message) => [message.seq, message]));
  for (const message of changed) all.set(message.seq, message);
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}

/** The messages with text put at the end of one; null when that does not fit what is there. */
function grown(messages: readonly Message[], added: NonNullable<TalkUpdate["added"]>): readonly Message[] | null {
  const at = messages.findIndex((message) => message.seq === added.seq);
  const message = messages[at];
  if (!message) return null;
  const known = lengthOf(message.text);
  if (added.from > known) return null;
  if (added.from < known) {
    // Said already, or not what was said: only the first is harmless.
    const said = [...message.text].slice(added.from).join("");
    return said.startsWith(added.text) ? messages : null;
  }
  return messages.with(at, { ...message, text: message.text + added.text });
}

/** Characters as the server counts them: a pair of surrogates is one. */
function lengthOf(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      count -= 1;
      at += 1;
    }
  }
  return count;
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/** The answer that is on its way, if one is. */
export const coming = (talk: Talk): Message | undefined => talk.messages.findLast((message) => message.state === "COMING");
