import type { ErrorAnswer } from "../../src/serve/messages.ts";

/** What the API refused, in its own words: what is wrong, and what to do about it. */
export class Refusal extends Error {
  readonly code: string;
  readonly cure: string | null;
  readonly status: number;
  /** Whether asking again can help. */
  readonly retryable: boolean;
  constructor(status: number, { error, code, cure }: ErrorAnswer) {
    super(error);
    this.code = code;
    this.cure = cure;
    this.status = status;
    this.retryable = status === 0 || status === 429 || status === 503;
  }
}

/** Called where the API no longer knows who asks. */
let onSignedOut = (): void => {};
export const whenSignedOut = (work: () => void): void => {
  onSignedOut = work;
};

const away: ErrorAnswer = {
  error: "The server does not answer.",
  code: "SERVER_AWAY",
  cure: "What is shown stays as it was. Look whether ./bellwether up still runs.",
};

const refusalOf = async (response: Response): Promise<Refusal> => {
  try {
    return new Refusal(response.status, (await response.json()) as ErrorAnswer);
  } catch {
    const error = `The server answered ${response.status} without saying why.`;
    return new Refusal(response.status, { error, code: "UNEXPECTED", cure: null });
  }
};

export type Ask = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
  /** A change that is asked twice under one key is made once. */
  idempotencyKey?: string;
};

/** Asks the API. Throws Refusal; also where it cannot be reached. */
export const ask = async <T>(path: string, options: Ask = {}): Promise<T> => {
  const { method = "GET", body, signal, idempotencyKey } = options;
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: sent,
      signal,
      credentials: "same-origin",
    });
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw new Refusal(0, away);
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401) onSignedOut();
  throw await refusalOf(response);
};

/** `/path?a=1`, leaving out what is undefined, null or empty. */
export const withQuery = (
  path: string,
  values: Record<string, string | number | boolean | null | undefined>,
): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
};
