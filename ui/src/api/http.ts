// Queries and mutations go by POST; what is followed goes over the socket (live/link.ts).
import type { TypedDocumentString } from "./generated/graphql";

/** What can be done about an error, where the server does not say it itself. */
const REMEDY: { [code: string]: string } = {
  UNREACHABLE: "Is it running, and is the network up? The page goes on asking.",
  FORBIDDEN: "Ask an administrator, or sign in with a role that may.",
  NOT_FOUND: "It may be gone by now: look at the list again.",
  WRONG_STATE: "It changed in the meantime: look at it again, then ask anew.",
  UNAVAILABLE: "Try again in a moment. If it stays so, jarvis doctor on its host says why.",
  NO_RECORD: "Its journal cannot be written: look at the disk of its host.",
  STOPPING: "It is being stopped or updated: try again once it is back.",
  THROTTLED: "Wait a moment, then try again.",
  INTERNAL: "Try again. If it stays so, the log of Jarvis says more.",
};

/** What the server said instead of an answer. */
export class ApiError extends Error {
  readonly code: string;
  /** What can be done about it; empty when the message says so itself. */
  readonly remedy: string;
  constructor(message: string, code: string, remedy?: string) {
    super(message);
    this.code = code;
    this.remedy = remedy ?? REMEDY[code] ?? "";
  }

  /** All of it in one line: what is wrong, what can be done, and by what code it is looked up. */
  get told(): string {
    return [this.message, this.remedy, `(${this.code})`].filter(Boolean).join(" ");
  }
}

/** Any error as it is shown. */
export const told = (error: unknown): string => (error instanceof ApiError ? error.told : error instanceof Error ? error.message : String(error));

interface Extensions {
  code?: string;
  unblock?: string;
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: Extensions }[];
}

type Listener = () => void;
let signedOut: Listener = () => undefined;

/** Called when the server no longer knows the session. */
export function onSignedOut(listener: Listener): void {
  signedOut = listener;
}

/** Posts JSON to one of our own addresses; the answer may be empty. */
export async function post(path: string, body: unknown): Promise<{ status: number; answer: Answer<unknown> }> {
  const response = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: Answer<unknown> =
    response.status === 204 ? {} : await response.json().catch(() => ({}) as Answer<unknown>);
  return { status: response.status, answer };
}

/** One query or mutation. */
export async function ask<T, V>(document: TypedDocumentString<T, V>, variables?: V): Promise<T> {
  let reply: { status: number; answer: Answer<unknown> };
  try {
    reply = await post("/graphql", { query: document.toString(), variables });
  } catch {
    throw new ApiError("Jarvis did not answer; nothing was asked for.", "UNREACHABLE");
  }
  const { status, answer } = reply;
  if (status === 401) {
    signedOut();
    throw new ApiError("The session has ended.", "UNAUTHENTICATED");
  }
  const first = answer.errors?.[0];
  if (first) throw new ApiError(first.message, first.extensions?.code ?? "INTERNAL", first.extensions?.unblock);
  if (status !== 200 || !answer.data) throw new ApiError(`Jarvis answered ${status}.`, "INTERNAL");
  return answer.data as T;
}
