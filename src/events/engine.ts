import Type, { type Static } from "typebox";
import { type Contract, contract, HOUR_MS, maybe, text, time, WEEK_MS } from "./contract.ts";
import { BadRecord } from "./reading.ts";

const readTick = (bytes: Buffer): number => {
  const ms = Number(bytes.toString("latin1"));
  if (bytes.length === 0 || !Number.isSafeInteger(ms))
    throw new BadRecord("not_a_number", "A tick must be a whole number of milliseconds.");
  return ms;
};

const clock = (name: string, writer: string, readBy: string[]): Contract<number> => ({
  name,
  says: "What time it is for a partition, in ms since 1970, when no event says so.",
  key: "partition",
  partitions: 6,
  compacted: false,
  retentionMs: 24 * HOUR_MS,
  envelope: false,
  config: { "segment.ms": String(HOUR_MS) },
  schema: "1",
  read: readTick,
  write: (ms) => Buffer.from(String(ms), "latin1"),
  timeOf: (ms) => ms,
  typeOf: () => "tick",
  tombstones: false,
  audit: "none",
  owner: "engine",
  door: false,
  writtenBy: [writer],
  readBy,
  example: 1_705_314_600_000,
  personal: [],
});

/** The time of the outside world, once a second for each partition. */
export const ticks = clock("ticks", "clock or source", ["first-hop processors"]);
/** The clock that the feature processor has reached, for the processor after it. */
export const ticksFeatureProcessor = clock("ticks-feature-processor", "delinquency", ["contact"]);

const lateSchema = Type.Object({
  processor: text(),
  reason: text(),
  origin: text({ description: "topic-partition-offset of the late record" }),
  key: text(),
  event_time: time(),
  event: Type.Unknown(),
});

/** Records that came too late to count. */
export const lateEvents = contract({
  name: "late-events",
  says: "A record that came too late to count, and which processor said so.",
  key: "as the input",
  type: "late_event",
  json: lateSchema,
  config: { "max.message.bytes": "12000000" },
  timeOf: (value) => value.event_time,
  audit: "digest",
  owner: "engine",
  writtenBy: ["every processor"],
  readBy: ["sinks", "live"],
  example: {
    processor: "feature-processor",
    reason: "older_than_window",
    origin: "transactions-stream-3-1207",
    key: "CUST-001",
    event_time: "2023-09-01T08:00:00.000Z",
    event: { customer_id: "CUST-001" },
  },
});

/** Records that could not be used: their own bytes under their own key; the header says why. */
export const deadLetters: Contract<Buffer> = {
  name: "dead-letters",
  says: "The original bytes of a record that could not be used; the header says why.",
  key: "original key",
  partitions: 6,
  compacted: false,
  retentionMs: 4 * WEEK_MS,
  envelope: true,
  config: { "max.message.bytes": "13000000" },
  schema: "1",
  read: (bytes) => bytes,
  write: (bytes) => bytes,
  timeOf: () => undefined,
  typeOf: () => "dead_letter",
  tombstones: true,
  audit: "digest",
  owner: "engine",
  door: false,
  writtenBy: ["every processor"],
  readBy: ["the dead-letter desk"],
  example: Buffer.from('{"customer_id":"CUST-001","amount":"twelve"}'),
  personal: [],
};

const progressSchema = Type.Object({
  file: text({ maxLength: 1_000 }),
  sha256: text(),
  rows_done: Type.Number({ minimum: 0 }),
  done: Type.Boolean(),
  report: maybe(Type.Unknown()),
});
export type ImportProgress = Static<typeof progressSchema>;

/** How far each imported file has come, so that an interrupted import goes on where it was. */
export const importProgress = contract({
  name: "import-progress",
  says: "How far the import of a file has come.",
  key: "sha-256 of the file",
  type: "import_progress",
  json: progressSchema,
  partitions: 1,
  compacted: true,
  timeOf: () => undefined,
  keyOf: (value) => value.sha256,
  audit: "none",
  owner: "importers",
  writtenBy: ["importers"],
  readBy: ["importers"],
  example: { file: "trans.asc.gz", sha256: "9f2c", rows_done: 5_000, done: false, report: null },
});
