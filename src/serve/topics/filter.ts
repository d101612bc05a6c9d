import { Worker } from "node:worker_threads";
import { failure } from "../../errors.ts";
import { headerName } from "../../stream/header.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import type { Reading } from "./decode.ts";
import type { Readings } from "./known.ts";

/** What the thread is started with: the expression, and how values are read, by name. */
export type FilterSetup = { expression: string; readings: Record<string, Reading> };
/** What it says first: that the expression can be used, or where it cannot be read. */
export type FilterStart =
  | { ok: true }
  | { ok: false; says: string; from: number | null; to: number | null };
/** Records to judge; their values lie behind each other in `bytes`; from -1: there is none. */
export type FilterAsk = { bytes: ArrayBuffer; records: FilterRecord[] };
export type FilterRecord = {
  key: string | null;
  partition: number;
  offset: number;
  time: number;
  header: string | null;
  reading: string;
  from: number;
  to: number;
};
export type FilterSays = { verdicts: Uint8Array; failed: number; failure: string | null };

/** A record whose value is larger is not read by a filter: it does not match. */
const valueMaxBytes = 1_000_000;
const startMaxMs = 5_000;
const judgeMaxMs = 1_000;
const memory = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
const openMost = 6;

const example = 'value.risk_level == "HIGH" && value.risk_score > 0.7';
let open = 0;

/**
 * An expression (CEL) that picks records, in a thread with bounds on time and memory. It sees what
 * people may see: values with their personal fields masked.
 */
export class Filter {
  readonly #worker: Worker;
  readonly #topic: string;
  readonly #readings: Readings;
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #closed = false;
  /** Why it was ended before its time, in a sentence. */
  stopped: string | null = null;
  /** Records on which it could not be computed, and why the first could not. */
  failed = 0;
  failure: string | null = null;

  private constructor(worker: Worker, topic: string, readings: Readings) {
    this.#worker = worker;
    this.#topic = topic;
    this.#readings = readings;
    worker.on("message", (says) => this.#waiting?.resolve(says));
    worker.on("error", (thrown: NodeJS.ErrnoException) => {
      this.#end(
        thrown.code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `It took more than ${memory.maxOldGenerationSizeMb} MB of memory.`
          : "It could not be computed.",
      );
    });
    worker.on("exit", () => this.#end("It ended by itself."));
  }

  /** Throws FILTER_WRONG, with the place of the fault, and TOPICS_BUSY. */
  static async open(expression: string, topic: string, readings: Readings): Promise<Filter> {
    if (open >= openMost) throw failure("TOPICS_BUSY", `${openMost} filters`);
    open++;
    const names = readings.namesFor(topic);
    const setup: FilterSetup = {
      expression,
      readings: Object.fromEntries(names.map((name) => [name, readings.named(name)])),
    };
    const worker = new Worker(new URL("./filter-worker.ts", import.meta.url), {
      workerData: setup,
      resourceLimits: memory,
      env: {},
    });
    const self = new Filter(worker, topic, readings);
    const start = (await self.#answer(startMaxMs)) as FilterStart | undefined;
    if (start?.ok) return self;
    await self.close();
    if (start === undefined) throw failure("FILTER_WRONG", `${self.stopped}`, example);
    const { says, from } = start;
    const place = from === null ? "" : ` at character ${from + 1}`;
    throw failure("FILTER_WRONG", `It cannot be used${place}: ${says}.`, example);
  }

  /** Which of these match; undefined once it was ended, with `stopped` saying why. */
  async judge(messages: readonly RawMessage[]): Promise<boolean[] | undefined> {
    if (this.#closed) return undefined;
    if (messages.length === 0) return [];
    const asked = this.#askOf(messages);
    this.#worker.postMessage(asked, [asked.bytes]);
    const says = (await this.#answer(judgeMaxMs)) as FilterSays | undefined;
    if (says === undefined) return undefined;
    this.failed += says.failed;
    this.failure ??= says.failure;
    return Array.from(says.verdicts, (verdict) => verdict === 1);
  }

  #askOf(messages: readonly RawMessage[]): FilterAsk {
    const lengths = messages.map(({ value }) =>
      value === null || value.length > valueMaxBytes ? -1 : value.length,
    );
    const all = new Uint8Array(lengths.reduce((sum, length) => sum + Math.max(0, length), 0));
    let at = 0;
    const records = messages.map((message, n): FilterRecord => {
      const { key, partition, offset, timestamp, headers, value } = message;
      const from = lengths[n] < 0 ? -1 : at;
      if (value && from >= 0) all.set(value, from);
      at += Math.max(0, lengths[n]);
      return {
        key: key === null ? null : key.toString("utf8"),
        partition,
        offset,
        time: timestamp,
        header: headers?.find((one) => headerName in one)?.[headerName].toString("utf8") ?? null,
        reading: this.#readings.nameFor(this.#topic, message),
        from,
        to: from + Math.max(0, value?.length ?? 0),
      };
    });
    return { bytes: all.buffer, records };
  }

  async #answer(maxMs: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting = waiting;
    const timer = setTimeout(() => this.#end(`It took longer than ${maxMs} ms.`), maxMs);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.stopped = why;
    void this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    open--;
    this.#waiting?.resolve(undefined);
    await this.#worker.terminate();
  }
}
