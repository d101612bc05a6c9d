import type { IncomingHttpHeaders } from "node:http";
import { Compile } from "typebox/compile";
import type { RawData, WebSocket } from "ws";
import { type Failure, failure } from "../../errors.ts";
import { type FromClient, type FromServer, fromClient, type PanelName } from "../messages/live.ts";

const isFromClient = Compile(fromClient);
const messageMaxBytes = 1_024;
/** No page has more to say; whoever does is heard again once the time is over. */
const saidMost = 100;
const saidWindowMs = 10_000;
const refusedMost = 10;
/** A client that was full is sent more once so much is left to send. */
const drainedBytes = 65_536;
const partingMs = 2_000;

/** Why sockets are closed, by code, in the words that the other side is told. */
export const partings = {
  stopping: [1001, "The server stops; connect again in a moment."],
  junk: [1008, "Too much came that nobody could use."],
  slow: [1013, "It took in nothing for too long; connect again."],
  signedOut: [4401, "You are not signed in any more."],
  crowded: [4429, "You look on in as many windows as one person may. Close one; this one follows."],
} as const;

/** What a client has of a panel, and when it was last sent something. */
type Subscription = { has: number | undefined; sentAt: number };

/** One socket: what it wants, what it has, and how much of it is still on its way. */
export class LiveClient {
  readonly socket: WebSocket;
  readonly headers: IncomingHttpHeaders;
  /** Whose it is; undefined: a program's that has no name. */
  readonly name: string | undefined;
  readonly panels = new Map<PanelName, Subscription>();
  readonly #bufferMaxBytes: number;
  #fullSince: number | undefined;
  #answered = true;
  #refused = 0;
  #said = 0;
  #saidSince = 0;

  constructor(
    socket: WebSocket,
    from: Pick<LiveClient, "headers" | "name">,
    bufferMaxBytes: number,
  ) {
    this.socket = socket;
    this.headers = from.headers;
    this.name = from.name;
    this.#bufferMaxBytes = bufferMaxBytes;
    socket.on("pong", () => {
      this.#answered = true;
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  /** Sends a panel's message, if there is room; false: it would be too much just now. */
  send(message: Buffer, now: number): boolean {
    const { buffered } = this;
    const hasRoom =
      buffered === 0 ||
      (this.#fullSince === undefined
        ? buffered + message.length <= this.#bufferMaxBytes
        : buffered <= drainedBytes);
    if (!hasRoom) {
      this.#fullSince ??= now;
      return false;
    }
    this.#fullSince = undefined;
    this.socket.send(message, { binary: false });
    return true;
  }

  /** Since when it has been sent nothing because it takes nothing in. */
  get fullSince(): number | undefined {
    return this.#fullSince;
  }

  /** What it says; undefined for what was refused. */
  read(data: RawData, isBinary: boolean, now: number): FromClient | undefined {
    if (now - this.#saidSince > saidWindowMs) {
      this.#saidSince = now;
      this.#said = 0;
    }
    if (++this.#said > saidMost) return this.#refuse("there are too many of them");
    const bytes = data as Buffer;
    if (isBinary) return this.#refuse("it is not text");
    if (bytes.length > messageMaxBytes) return this.#refuse("it is too long");
    try {
      const value: unknown = JSON.parse(bytes.toString("utf8"));
      if (isFromClient.Check(value)) return value;
    } catch {
      return this.#refuse("it is not JSON");
    }
    return this.#refuse("it names no known panel, or has other fields");
  }

  #refuse(why: string): undefined {
    if (++this.#refused > refusedMost) this.part("junk");
    else this.tell(failure("LIVE_MESSAGE_WRONG", why));
  }

  tell({ code, what, cure }: Failure): void {
    const refused: FromServer = { type: "refused", code, error: what, cure: cure ?? null };
    if (this.buffered < this.#bufferMaxBytes) this.socket.send(JSON.stringify(refused));
  }

  /** Asks whether it is still there; false when it did not answer the last time. */
  ping(): boolean {
    if (!this.#answered) return false;
    this.#answered = false;
    this.socket.ping();
    return true;
  }

  /** Says goodbye, and does not wait long for an answer. */
  part(why: keyof typeof partings): void {
    const [code, words] = partings[why];
    this.socket.close(code, words);
    setTimeout(() => this.socket.terminate(), partingMs).unref();
  }
}
