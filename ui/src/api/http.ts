// Queries and mutations go by POST; what is followed goes over the socket (live/link.ts).
import type { TypedDocumentString } from "./generated/graphql";

/**
 * Silence for so long is taken for a lost network: it is shown within half a minute. A change is given the 30 s after which the
 * server itself says what became of it.
 */
const READ_WITHIN = 20_000;
const CHANGE_WITHIN = 35_000;

/** What can be done about an error, where the server does not say it itself. */
const REMEDY: { [code: string]: string } = {
  UNREACHABLE: "Is it running, and is the network up? The page goes on asking.",
  NOT_HEARD: "It may be done all the same: look at the activity before asking again.",
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
    const said = this.message.charAt(0).toUpperCase() + this.message.slice(1);
    const isWhole = /[.!?:]$/.test(said);
    return [isWhole ? said : `${said}.`, this.remedy, `(${this.code})`].filter(Boolean).join(" ");
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

/** Posts JSON to one of our own addresses; the answer may be empty. Given up after so many milliseconds. */
export async function post(path: string, body: unknown, within = CHANGE_WITHIN): Promise<{ status: number; answer: Answer<unknown> }> {
  const response = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(within),
  });
  const answer: Answer<unknown> =
    response.status === 204 ? {} : await response.json().catch(unlessLate);
  return { status: response.status, answer };
}

/** An answer that is no JSON says nothing; one that ends halfway is none. */
function unlessLate(error: unknown): Answer<unknown> {
  if (error instanceof SyntaxError) return {};
  throw error;
}

/** One query or mutation. */
export async function ask<T, V>(document: TypedDocumentString<T, V>, variables?: V): Promise<T> {
  const query = document.toString();
  const isChange = query.trimStart().startsWith("mutation");
  let reply: { status: number; answer: Answer<unknown> };
  try {
    reply = await post("/graphql", { query, variables }, isChange ? CHANGE_WITHIN : READ_WITHIN);
  } catch {
    throw new ApiError("Jarvis did not answer.", isChange ? "NOT_HEARD" : "UNREACHABLE");
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
