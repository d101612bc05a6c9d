import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Answer } from "./channel.ts";

const answerMaxBytes = 65_536;
const retryAfterMaxMs = 24 * 3_600_000;

export type Post = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** What came back: nothing went out, or no answer came, or a status with its body. */
type Posted =
  | { kind: "not_sent" }
  | { kind: "no_answer"; timedOut: boolean }
  | { kind: "answered"; status: number; retryAfter: string | undefined; body: string };

/**
 * One POST on a connection of its own, so that a connection which the other side has closed since
 * never makes a message's fate unknown. Redirects are not followed.
 */
const exchange = ({ url, headers, body, timeoutMs, signal }: Post): Promise<Posted> =>
  new Promise((resolve) => {
    let connected = false;
    const deadline = AbortSignal.timeout(timeoutMs);
    const isSecure = url.protocol === "https:";
    const request = (isSecure ? secure : plain)(url, {
      method: "POST",
      agent: false,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal: AbortSignal.any([signal, deadline]),
    });
    const lost = () =>
      resolve(connected ? { kind: "no_answer", timedOut: deadline.aborted } : { kind: "not_sent" });
    request.on("socket", (socket) => {
      // Until then no byte of the request has left.
      socket.once(isSecure ? "secureConnect" : "connect", () => {
        connected = true;
      });
    });
    request.on("error", lost);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const { statusCode: status = 0 } = response;
      const retryAfter = response.headers["retry-after"];
      const done = () =>
        resolve({
          kind: "answered",
          status,
          retryAfter,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= answerMaxBytes) chunks.push(chunk);
        else response.destroy();
      });
      // The status is the answer, even where its body is cut off.
      response.on("end", done);
      response.on("error", done);
      response.on("close", done);
    });
    request.end(body);
  });

/** Seconds or a date (RFC 9110, section 10.2.3) as ms from now, within a day. */
export const retryAfterMs = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), retryAfterMaxMs);
};

const referenceOf = (body: string): string | undefined => {
  try {
    const { id, message_id: other } = JSON.parse(body) as { id?: unknown; message_id?: unknown };
    const found = id ?? other;
    return typeof found === "string" && found.length <= 200 ? found : undefined;
  } catch {
    return undefined;
  }
};

/** Statuses that say: not with these settings, whatever the message. */
const settingsWrong = new Set([401, 403, 404, 405, 407]);
/** Statuses of a request that may have been worked on already. */
const mayBeTaken = new Set([408, 409, 425]);

/**
 * Sends, and says what the answer means for the message. Only 2xx is a yes, and only a refusal that
 * was made before any work on it is a no: a provider may break after it has taken a message.
 */
export const post = async (what: Post): Promise<Answer> => {
  const posted = await exchange(what);
  if (posted.kind === "not_sent") return { said: "later", reason: "unreachable" };
  if (posted.kind === "no_answer")
    return { said: "unknown", reason: posted.timedOut ? "timed_out" : "connection_lost" };
  const { status, body } = posted;
  const reason = `http_${status}`;
  const wait = retryAfterMs(posted.retryAfter, Date.now());
  if (status >= 200 && status < 300) return { said: "accepted", reference: referenceOf(body) };
  if (status === 429) return { said: "later", reason: "rate_limited", retryAfterMs: wait };
  if (settingsWrong.has(status)) return { said: "later", reason, broken: true };
  if (status >= 500 || status < 200 || mayBeTaken.has(status))
    return { said: "unknown", reason, retryAfterMs: wait };
  return { said: "rejected", reason };
};
