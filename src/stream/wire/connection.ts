import { connect, type Socket } from "node:net";
import { codes, KafkaError } from "../kafka-error.ts";
import { Decoder, Encoder } from "./bytes.ts";

/** A request: which one, in which version, and its body as it goes over the wire. */
export type Request = {
  name: string;
  key: number;
  version: number;
  /** Several pieces are sent one after the other without being copied together. */
  body: readonly Buffer[];
  timeoutMs?: number;
};

type Waiting = {
  name: string;
  resolve: (answer: Decoder) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  since: number;
};

const clientId = "bellwether";
/** Longer than a broker waits for its replicas. */
const requestMaxMs = 12_000;
const connectMaxMs = 3_000;
/** A host that vanished without a word is noticed ten seconds later. */
const silentMaxMs = 10_000;
const readBytes = 262_144;
/** What a broker may answer at most; more is not Kafka that speaks. */
const answerMaxBytes = 200_000_000;

const away = (doing: string, why: string): KafkaError =>
  new KafkaError({ code: codes.noTransport, message: why, isRetriable: true }, doing);

/**
 * One socket to one broker. Requests are answered in the order in which they were sent, so several
 * may be under way. When the socket is lost, or a request is not answered in time, all that wait
 * are refused with `noTransport`: whether the broker did what was asked is then not known.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #correlation = 0;
  #frame: Buffer | undefined;
  /** Bytes of the frame that have come; before the frame is known, of its length. */
  #filled = 0;
  readonly #length: Buffer = Buffer.allocUnsafe(4);
  #lost: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, silentMaxMs);
    socket.on("error", (error) => this.#lose(error.message));
    socket.on("close", () => this.#lose("the broker closed the connection"));
  }

  /** The signal ends it, also while it is being opened. */
  static open(host: string, port: number, signal?: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      let connection: Connection | undefined;
      const socket = connect({
        host,
        port,
        signal,
        onread: {
          buffer: Buffer.allocUnsafeSlow(readBytes),
          callback: (length, buffer) => {
            if (connection) connection.#take(buffer.subarray(0, length));
            return true;
          },
        },
      });
      const timer = setTimeout(() => socket.destroy(new Error("no answer")), connectMaxMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(away(`connect to ${host}:${port}`, error.message));
      };
      socket.once("error", fail);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", fail);
        connection = new Connection(socket);
        resolve(connection);
      });
    });
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** How long the oldest question has waited for its answer, ms. */
  get waitedMs(): number {
    return this.#waiting.length === 0 ? 0 : performance.now() - this.#waiting[0].since;
  }

  /** Resolves with what follows the header of the answer. */
  ask(request: Request): Promise<Decoder> {
    const { name, key, version, body, timeoutMs = requestMaxMs } = request;
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(away(name, this.#lost.message));
        return;
      }
      const timer = setTimeout(() => this.#lose(`${name} was not answered in time`), timeoutMs);
      this.#waiting.push({ name, resolve, reject, timer, since: performance.now() });
      const header = new Encoder()
        .int16(key)
        .int16(version)
        .int32(this.#correlation++);
      const head = header.oldText(clientId).end().written;
      const length = body.reduce((sum, part) => sum + part.length, head.length);
      const first = Buffer.allocUnsafe(4 + head.length);
      first.writeInt32BE(length, 0);
      head.copy(first, 4);
      this.#socket.cork();
      this.#socket.write(first);
      for (const part of body) this.#socket.write(part);
      this.#socket.uncork();
    });
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const into = this.#frame ?? this.#length;
      const length = Math.min(into.length - this.#filled, chunk.length - at);
      into.set(chunk.subarray(at, at + length), this.#filled);
      this.#filled += length;
      at += length;
      if (this.#filled < into.length) return;
      this.#filled = 0;
      if (this.#frame === undefined) {
        const next = this.#length.readInt32BE(0);
        if (next < 4 || next > answerMaxBytes) {
          this.#lose("what answers there does not speak Kafka's protocol");
          return;
        }
        this.#frame = Buffer.allocUnsafe(next);
      } else {
        const frame = this.#frame;
        this.#frame = undefined;
        this.#answer(frame);
      }
    }
  }

  #answer(frame: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    // The correlation id is not needed where answers keep their order; tagged fields follow it.
    const answer = new Decoder(frame, 4);
    answer.end();
    waiting.resolve(answer);
  }

  #lose(why: string): void {
    if (this.#lost) return;
    this.#lost = new Error(why);
    this.#socket.destroy();
    for (const { name, reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(away(name, why));
    }
  }

  close(why = "the connection was closed"): void {
    this.#lose(why);
  }
}
