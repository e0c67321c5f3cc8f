// The conversation that stands open, and the list of those there are.
import { create } from "zustand";
import {
  CancelMessageDocument, ConversationDocument, ConversationNowDocument, ConversationsDocument, DeleteConversationDocument, SendMessageDocument,
} from "../api/generated/graphql";
import { ApiError, ask, told } from "../api/http";
import type { Head } from "../api/types";
import { kiosk } from "../app/prefs";
import { note } from "../app/ui-state";
import { Batch } from "./batch";
import type { Link } from "./link";
import { onConnection, onPoll, refreshSoon } from "./session";
import { hear, silence, type Talk, type TalkUpdate } from "./talk";

export const TEXT_LIMIT = 4000;

interface Speaking {
  heads: readonly Head[] | null;
  /** Which stands open; none while a new one is about to begin. */
  id: string | null;
  talk: Talk;
  /** Said, and not in the conversation yet. */
  saying: string | null;
  error: string | null;
}

const KEY = "jarvis.conversation";

export const useSpeaking = create<Speaking>()(() => ({ heads: null, id: kept(), talk: silence, saying: null, error: null }));
const speaking = { get: useSpeaking.getState, set: useSpeaking.setState };

/** The conversation stays open when this tab is loaded anew. */
function kept(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(id: string | null): void {
  try {
    if (id) sessionStorage.setItem(KEY, id);
    else sessionStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing begins anew.
  }
}

let connection: Link | null = null;
let end: () => void = () => undefined;
/** Counts the times something was followed: what an earlier one still says is dropped. */
let turn = 0;

const updates = new Batch<TalkUpdate>((items) => {
  const before = speaking.get().talk;
  const { talk, gap } = hear(before, items);
  const isHeard = speaking.get().saying !== null && talk.messages.length > before.messages.length;
  speaking.set(isHeard ? { talk, saying: null } : { talk });
  if (gap) follow();
  if (talk.gone) left();
  else if (items.some((item) => item.messages.length > 0)) refreshSoon();
});

/** Follows the open conversation on the present connection; the first thing that comes is all of it. */
function follow(): void {
  end();
  updates.clear();
  const { id } = speaking.get();
  turn += 1;
  const mine = turn;
  if (!id || !connection) return;
  end = connection.follow(
    ConversationDocument,
    { id },
    ({ conversation }) => mine === turn && updates.push(conversation),
    () => mine === turn && left(),
  );
}

/** Without a socket: all of it, as it is now. */
async function lookAgain(): Promise<void> {
  const { id, heads } = speaking.get();
  if (heads === null) void list();
  if (!id) return;
  try {
    const { conversation } = await ask(ConversationNowDocument, { id });
    if (speaking.get().id !== id) return;
    if (conversation) updates.push({ snapshot: true, gone: false, messages: conversation.messages, added: null });
    else left();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** It is not there (any more). */
function left(): void {
  show(null);
  void list();
}

/** Follows the open conversation on this connection and those after it, until somebody signs out. */
export function startSpeaking(): () => void {
  const off = onConnection((open) => {
    connection = open;
    follow();
    void list();
  });
  const offPoll = onPoll(() => void lookAgain());
  return () => {
    off();
    offPoll();
    end();
    connection = null;
    speaking.set({ heads: null, talk: silence, saying: null });
  };
}

export async function list(): Promise<void> {
  try {
    const { conversations } = await ask(ConversationsDocument, {});
    speaking.set({ heads: conversations, error: null });
  } catch (error) {
    speaking.set({ error: told(error) });
  }
}

/** Opens a conversation; null begins a new one with the next message. */
export function show(id: string | null): void {
  if (speaking.get().id === id && id !== null) return;
  keep(id);
  speaking.set({ id, talk: silence, saying: null });
  follow();
}

/** Says something; false when the server did not take it. */
export async function say(text: string): Promise<boolean> {
  const said = text.trim();
  if (kiosk || said === "" || speaking.get().saying !== null) return false;
  const { id } = speaking.get();
  speaking.set({ saying: said });
  try {
    const { sendMessage } = await ask(SendMessageDocument, { conversation: id, text: said });
    if (speaking.get().id === id && sendMessage.conversation !== id) {
      keep(sendMessage.conversation);
      speaking.set({ id: sendMessage.conversation, talk: silence });
      follow();
    } else if (speaking.get().talk.messages.some((message) => message.seq === sendMessage.seq)) speaking.set({ saying: null });
    void list();
    return true;
  } catch (error) {
    speaking.set({ saying: null });
    note("crit", "Not said", told(error));
    return false;
  }
}

export async function stopAnswer(): Promise<void> {
  const { id } = speaking.get();
  if (!id) return;
  try {
    await ask(CancelMessageDocument, { conversation: id });
  } catch (error) {
    note("crit", "Not stopped", told(error));
  }
}

export async function remove(id: string): Promise<void> {
  try {
    await ask(DeleteConversationDocument, { id });
    if (speaking.get().id === id) show(null);
  } catch (error) {
    note("crit", "Not deleted", told(error));
  }
  await list();
}
