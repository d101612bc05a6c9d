import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { importProgress } from "../../events/topics.ts";
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
};

/** Files read and mapped: everything that they say, in one event-time order. */
export type ImportSource = {
  kind: string;
  /** Of the files' hashes and the mapping's version: the same set gives the same order. */
  sha256: string;
  events: () => Iterable<ImportEvent>;
  reports: readonly FileReport[];
};

export type ImportOptions = {
  bootstrap: string;
  space: string;
  /** Told how many records were written so far, after each commit. */
  progress?: (written: number) => void;
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

type Position = { written: number; newest: number | undefined };

const progressRecord = (source: ImportSource, { written, newest }: Position, done: boolean) => ({
  file: source.kind,
  sha256: source.sha256,
  rows_done: written,
  done,
  report: { newest_event_ms: newest },
});

/**
 * Writes a source into a space exactly once. Records and the position in the source's order are
 * committed together, so a run that was killed anywhere is continued where its last commit ended;
 * opening the writer fences a run that still lives. Throws SPACE_CLOCK_AHEAD when the space has
 * already seen a later time than the source's first event.
 */
export const importer = (source: ImportSource, options: ImportOptions) => ({
  run: async (signal: AbortSignal): Promise<ImportResult> => {
    const { bootstrap, space } = options;
    const name = `import-${source.kind}`;
    const writer = await openWriter({
      bootstrap,
      space,
      source: `${name}@1`,
      transactionalId: name,
    });
    try {
      const state = await readSpace(bootstrap, space);
      const before = state.progress.get(source.sha256);
      if (before?.done) return { state: "already", position: before.rows_done, written: 0 };
      if (!before) checkClock(source, space, state.clock);
      return await write(writer, source, before?.rows_done ?? 0, options, signal);
    } finally {
      await writer.abort().catch(() => {});
      await writer.close();
    }
  },
});

const checkClock = (source: ImportSource, space: string, clock: number | undefined): void => {
  if (clock === undefined) return;
  for (const { at } of source.events()) {
    const other = space === source.kind ? `${source.kind}2` : source.kind;
    if (at <= clock) throw failure("SPACE_CLOCK_AHEAD", other, new Date(clock).toISOString());
    return;
  }
};

const write = async (
  writer: Writer,
  source: ImportSource,
  skip: number,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<ImportResult> => {
  const each = options.commitRecords ?? commitRecords;
  let position = 0;
  let open = 0;
  let newest: number | undefined;
  const commit = async (done: boolean) => {
    const record = progressRecord(source, { written: position, newest }, done);
    await writer.send(importProgress, record.sha256, record);
    await writer.commit();
    open = 0;
    options.progress?.(position);
  };
  for (const event of source.events()) {
    position++;
    newest = event.at;
    if (position <= skip) continue;
    if (signal.aborted)
      return {
        state: "stopped",
        position: position - 1 - open,
        written: position - 1 - open - skip,
      };
    await send(writer, event);
    if (++open >= each) await commit(false);
  }
  for (const report of source.reports) {
    const record = { file: report.file, sha256: report.sha256, rows_done: report.read };
    await writer.send(importProgress, report.sha256, { ...record, done: true, report });
  }
  await commit(true);
  return { state: "done", position, written: position - skip };
};

const send = async (writer: Writer, event: ImportEvent): Promise<void> => {
  const { topic, key, value, at, origin } = event;
  if (key !== null) return writer.send(topic, key, value, { time: at, origin });
  for (let partition = 0; partition < topic.partitions; partition++)
    await writer.send(topic, String(partition), value, { time: at, origin, partition });
};
