import { failure } from "../errors.ts";
import { traceHeader } from "../stream/intake.ts";
import type { Topic } from "../stream/topic.ts";
import { openWriter, type Writer } from "../stream/writer.ts";

/** A record on its way. `origin`: its identity, where its value has none. */
export type Ready = { key: string; value: unknown; bytes: Buffer; origin: string | undefined };
type Waiting = {
  topic: Topic;
  records: readonly Ready[];
  headers: Readonly<Record<string, string>> | undefined;
  done: PromiseWithResolvers<void>;
};

/** How long a sender is left in doubt while the broker does not answer. */
const deliveryMaxMs = 5_000;

/**
 * Requests that come at the same time share one wait for the broker: while a round is on its way,
 * the next one gathers. A round that loses a record fails as a whole, as it cannot be told whose it
 * was; its writer is given up, and the next round opens another.
 */
export class Rounds {
  readonly #options: { bootstrap: string; space: string };
  #writer: Writer | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: { bootstrap: string; space: string }) {
    this.#options = options;
  }

  /** Resolves when the broker has all of these records; throws BROKER_AWAY when it may not. */
  put(topic: Topic, records: readonly Ready[], traceparent?: string): Promise<void> {
    const done = Promise.withResolvers<void>();
    const headers = traceparent === undefined ? undefined : { [traceHeader]: traceparent };
    this.#waiting.push({ topic, records, headers, done });
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return done.promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      try {
        await this.#send(round);
        for (const { done } of round) done.resolve();
      } catch {
        void this.#writer?.close();
        this.#writer = undefined;
        for (const { done } of round) done.reject(failure("BROKER_AWAY"));
      }
    }
  }

  async #send(round: readonly Waiting[]): Promise<void> {
    this.#writer ??= await openWriter({
      ...this.#options,
      source: "http@1",
      lingerMs: 0,
      deliveryMaxMs,
    });
    const writer = this.#writer;
    for (const { topic, records, headers } of round)
      for (const { key, value, bytes, origin } of records) {
        const room = writer.send(topic, key, value, { bytes, origin, headers });
        if (room) await room;
      }
    await writer.flush();
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#writer?.close();
  }
}
