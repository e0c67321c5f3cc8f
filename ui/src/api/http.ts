// Queries and mutations go by POST; what is followed goes over the socket (live/link.ts).
import type { TypedDocumentString } from "./generated/graphql";

/** What the server said instead of an answer. */
export class ApiError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
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
  if (first) throw new ApiError(first.message, first.extensions?.code ?? "INTERNAL");
  if (status !== 200 || !answer.data) throw new ApiError(`Jarvis answered ${status}.`, "INTERNAL");
  return answer.data as T;
}
