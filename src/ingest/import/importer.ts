import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, Failure, failure, sentenceOf } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { importProgress } from "../../events/topics.ts";
import { mintId } from "../../stream/ids.ts";
import { codes, KafkaError } from "../../stream/kafka-error.ts";
import { openWriter, type Writer } from "../../stream/writer.ts";
import { readSpace } from "./progress.ts";
import type { FileReport } from "./tally.ts";

/**
 * One record of an import. Without a key it is a tick and goes to every partition of its topic.
 * `origin` names where it came from and is the same in every run.
 */
export type ImportEvent = {
  at: number;
  topic: Contract<unknown>;
  key: string | null;
  value: unknown;
  origin: string;
  /** Without it one is made of the origin. */
  id?: string;
  /** Without it the key decides; with it the key may be null and the record is no tick. */
  partition?: number;
  /** The value's bytes, when the source has them already. */
  bytes?: Buffer;
};

/** Files read and mapped: everything that they say, in one event-time order. */
export type ImportSource<Events = Iterable<ImportEvent>> = {
  kind: string;
  /** Of the files' hashes and the mapping's version: the same set gives the same order. */
  sha256: string;
  events: () => Events;
  reports: readonly FileReport[];
};
type AnySource = ImportSource<Iterable<ImportEvent> | AsyncIterable<ImportEvent>>;

export type ImportOptions = {
  bootstrap: string;
  space: string;
  /** Told how many records were written so far, after each commit. */
  progress?: (written: number) => void;
  /** One sentence about something that a person should know. */
  say?: (sentence: string) => void;
  /** Asked before each record: until when it has to wait, if it does. Nothing is held back then. */
  pace?: (at: number) => Promise<unknown> | undefined;
  commitRecords?: number;
};

export type ImportResult = {
  /** `already`: a run before this one had finished; `stopped`: the signal came first. */
  state: "done" | "already" | "stopped";
  /** Position in the set's order after this run. */
  position: number;
  /** Records written by this run. */
  written: number;
};

const commitRecords = 5_000;
const takeoverMs = 1_500;

/**
 * Writes a source into a space exactly once. Records and the position in the source's order are
 * committed together, so a run that was killed anywhere is continued where its last commit ended;
 * opening the writer shuts out a run that still lives. While Kafka is away it waits and tries
 * again.
 * Throws SPACE_CLOCK_AHEAD when the space has already seen a later time than the source's first
 * event, FENCED when another import of the same kind has taken over.
 */
export const importer = (source: AnySource, options: ImportOptions) => ({
  run: (signal: AbortSignal): Promise<ImportResult> => new Importing(source, options).run(signal),
});

class Importing {
  readonly #source: AnySource;
  readonly #options: ImportOptions;
  readonly #name: string;
  #writer!: Writer;
  /** Position in the source's order of the last commit, this run's or one's before it. */
  #committed = 0;
  #written = 0;

  constructor(source: AnySource, options: ImportOptions) {
    this.#source = source;
    this.#options = options;
    this.#name = `import-${source.kind}`;
  }

  async run(signal: AbortSignal): Promise<ImportResult> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const before = this.#committed;
      try {
        return await this.#attempt(signal);
      } catch (thrown) {
        await this.#yieldToAnother(thrown, signal);
        if (!canRetry(thrown)) throw thrown;
        if (signal.aborted) break;
        if (this.#committed > before) attempt = 0;
        if (attempt === 1)
          this.#options.say?.(`The import waits and tries again: ${sentenceOf(thrown)}`);
        await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
      }
    }
    return this.#result("stopped");
  }

  async #attempt(signal: AbortSignal): Promise<ImportResult> {
    const { bootstrap, space } = this.#options;
    this.#writer = await openWriter({
      bootstrap,
      space,
      source: `${this.#name}@1`,
      transactionalId: this.#name,
    });
    try {
      const { progress, clock } = await readSpace(bootstrap, space, signal);
      const before = progress.get(this.#source.sha256);
      this.#committed = before?.rows_done ?? 0;
      if (before?.done) return this.#result(this.#written > 0 ? "done" : "already");
      if (!before) await this.#checkClock(clock);
      return await this.#write(signal);
    } finally {
      await this.#writer.abort().catch(() => {});
      await this.#writer.close();
    }
  }

  #result(state: ImportResult["state"]): ImportResult {
    return { state, position: this.#committed, written: this.#written };
  }

  async #checkClock(clock: number | undefined): Promise<void> {
    if (clock === undefined) return;
    const { events } = this.#source;
    const kind = this.#source.kind.replaceAll("-", "");
    const other = this.#options.space === kind ? `${kind}2` : kind;
    for await (const { at } of events()) {
      if (at <= clock) throw failure("SPACE_CLOCK_AHEAD", other, new Date(clock).toISOString());
      return;
    }
  }

  async #write(signal: AbortSignal): Promise<ImportResult> {
    const most = this.#options.commitRecords ?? commitRecords;
    const from = this.#committed;
    let position = 0;
    let newest: number | undefined;
    for await (const event of this.#source.events()) {
      if (position >= from) {
        const wait = this.#options.pace?.(event.at);
        if (wait && position > this.#committed) await this.#commit(position, newest, false);
        await wait;
        const open = position - this.#committed;
        if (open >= most || (signal.aborted && open > 0))
          await this.#commit(position, newest, false);
        if (signal.aborted) return this.#result("stopped");
        await this.#send(event);
      }
      position++;
      newest = event.at;
    }
    for (const report of this.#source.reports) {
      const record = { file: report.file, sha256: report.sha256, rows_done: report.read };
      await this.#writer.send(importProgress, report.sha256, { ...record, done: true, report });
    }
    await this.#commit(position, newest, true);
    return this.#result("done");
  }

  async #send(event: ImportEvent): Promise<void> {
    const { topic, key, value, at, origin, partition, bytes } = event;
    // The same files give the same ids, so that two imports of them lead to the same decisions.
    const id = event.id ?? mintId(this.#name, `${topic.name} ${origin}`, 0);
    const more = { time: at, origin, id, partition, bytes };
    if (key !== null || partition !== undefined) return this.#writer.send(topic, key, value, more);
    for (let each = 0; each < topic.partitions; each++)
      await this.#writer.send(topic, String(each), value, { ...more, partition: each });
  }

  async #commit(position: number, newest: number | undefined, done: boolean): Promise<void> {
    const { kind: file, sha256 } = this.#source;
    const report = { newest_event_ms: newest };
    const record = { file, sha256, rows_done: position, done, report };
    await this.#writer.send(importProgress, sha256, record);
    await this.#writer.commit();
    this.#written += position - this.#committed;
    this.#committed = position;
    this.#options.progress?.(position);
  }

  /**
   * Being shut out shows as one error or another. It is final when another import has taken over:
   * a moment later it has come further than this one. After a sleep longer than a transaction may
   * last it is not.
   */
  async #yieldToAnother(thrown: unknown, signal: AbortSignal): Promise<void> {
    const isRefusal = thrown instanceof Failure && thrown.code === "FAILED";
    if (!isRefusal && !(thrown instanceof KafkaError && thrown.code === codes.fenced)) return;
    await delay(takeoverMs, undefined, { signal }).catch(() => {});
    const { progress } = await readSpace(this.#options.bootstrap, this.#options.space);
    const found = progress.get(this.#source.sha256);
    if ((found?.rows_done ?? 0) > this.#committed) throw failure("FENCED", "this import");
  }
}

const canRetry = (thrown: unknown): boolean =>
  thrown instanceof KafkaError || (thrown instanceof Failure && thrown.retryable);
