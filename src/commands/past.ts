import { archiveFolder, type Config } from "../config.ts";
import type { Contract } from "../events/contract.ts";
import { customerUpdates, outcomes, transactionsStream } from "../events/topics.ts";
import type { PastRecord } from "../ingest/replay.ts";
import { History, type HistoryInput, lateBeginnings } from "../sink/archive/history.ts";
import type { LogRecord } from "../sink/archive/parquet.ts";
import { type Told, timeline } from "../sink/archive/timeline.ts";

type Topics = readonly Contract<unknown>[];

/** What delinquency is judged on, in the order in which its processor reads them. */
const judgedOn = [customerUpdates, transactionsStream] as unknown as Topics;

/** What the whole line is told from outside: contact also hears what became of customers. */
export const lineTopics = [...judgedOn, outcomes] as unknown as Topics;

/** History of some topics of a space, as it stands at one moment. */
export type Past = {
  /** Says which past it is: the same text, the same records. */
  readonly identity: string;
  /** Sentences about what is known to lack. */
  readonly notes: readonly string[];
  readonly told: (
    wants?: (topic: Contract<unknown>, record: LogRecord) => boolean,
  ) => AsyncGenerator<Told>;
  readonly close: () => Promise<void>;
};

/** Throws HISTORY_HOLE when some of it is neither in the archive nor in Kafka. */
export const openPast = async (
  config: Config,
  bootstrap: string,
  space: string,
  topics: Topics = judgedOn,
): Promise<Past> => {
  const history = await History.open({ folder: archiveFolder(config), space, bootstrap });
  try {
    const inputs = await history.inputsOf(topics);
    return {
      identity: identityOf(space, inputs),
      notes: lateBeginnings(inputs),
      told: (wants) => timeline(space, inputs, config.recordMaxBytes, wants),
      close: () => history.close(),
    };
  } catch (thrown) {
    await history.close();
    throw thrown;
  }
};

const identityOf = (space: string, inputs: readonly HistoryInput[]): string =>
  JSON.stringify([
    space,
    ...inputs.map(({ topic, parts }) => [
      topic.name,
      parts.map(({ begins, ends }) => [begins, ends]),
    ]),
  ]);

/**
 * A record as a replay takes it; undefined: it lay so far ahead of its time that nobody may see it
 * again, since today it would count.
 */
export const pastRecord = (told: Told): PastRecord | undefined => {
  const { topic, partition, record, header, place, time, value, refused } = told;
  if (refused === "time_out_of_range") return undefined;
  return {
    topic,
    partition,
    key: record.key,
    at: time,
    bytes: record.value,
    value,
    id: header?.id ?? place,
    origin: header?.origin ?? place,
  };
};
