/**
 * What the engine knows of a topic: a plain value. `events/topics.ts` builds these from the
 * contracts; the engine itself knows no business word.
 */
export type Topic<T = unknown> = {
  readonly name: string;
  readonly partitions: number;
  /** Compacted and kept for ever, or deleted after `retentionMs`. */
  readonly compacted: boolean;
  readonly retentionMs: number;
  /** Whether records carry the `bw` header. Changelogs, ticks and benchmarks do without. */
  readonly envelope: boolean;
  /** Further topic settings of Kafka, such as `max.message.bytes`. */
  readonly config: Readonly<Record<string, string>>;
  /** The schema's version, written into the header of each record. */
  readonly schema: string;
  /**
   * The value of a record, checked. Throws an Error with a `reason` of `deadReasons` for bytes that
   * do not keep the contract. Never sees a tombstone.
   */
  read(bytes: Buffer): T;
  /** The bytes of a value. A Buffer may be a view of a shared scratch: it is copied at once. */
  write(value: T): Buffer;
  /** Event time in ms since 1970 of a read value; undefined: the header's, else the append time. */
  timeOf(value: T): number | undefined;
  /** The type of event written into the header. */
  typeOf(value: T): string;
  /** What a null value means: erasure or removal of the key, or nothing that makes sense. */
  readonly tombstones: boolean;
  /** The key that a value belongs under; a record with another key is dead-lettered. */
  keyOf?(value: T): string;
};

export type TopicOptions<T> = Partial<Omit<Topic<T>, "name">>;

const WEEK_MS = 7 * 24 * 3_600_000;

/** A topic with the usual settings: 6 partitions, 7 days, JSON, with a header. */
export const topic = <T>(name: string, options: TopicOptions<T> = {}): Topic<T> => ({
  name,
  partitions: 6,
  compacted: false,
  retentionMs: WEEK_MS,
  envelope: true,
  config: {},
  schema: "1",
  read: (bytes) => readJson(bytes) as T,
  write: (value) => Buffer.from(JSON.stringify(value)),
  timeOf: () => undefined,
  typeOf: () => name,
  tombstones: false,
  ...options,
});

/** Bytes that do not keep their topic's contract. The reason comes from the closed list. */
export class Unreadable extends Error {
  readonly reason: DeadReason;
  constructor(reason: DeadReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/**
 * The reason carried by whatever a topic's `read` threw; undefined: it was a bug, not bad input.
 */
export const reasonOf = (thrown: unknown): DeadReason | undefined => {
  const reason = (thrown as { reason?: DeadReason } | undefined)?.reason;
  return reason !== undefined && deadReasons.includes(reason) ? reason : undefined;
};

/** JSON of a record; a key named `__proto__` or `constructor` is refused rather than assigned. */
export const readJson = (bytes: Buffer): unknown => {
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text, text.includes("__proto__") ? refusePrototype : undefined);
  } catch (thrown) {
    if (thrown instanceof Unreadable) throw thrown;
    throw new Unreadable("malformed_json", "The value is not JSON");
  }
};

const refusePrototype = (key: string, value: unknown) => {
  if (key === "__proto__")
    throw new Unreadable("forbidden_key", "A key named __proto__ is refused");
  return value;
};

/** Why a record was dead-lettered: a closed list, so that they can be counted and grouped. */
export const deadReasons = [
  "malformed_json",
  "forbidden_key",
  "wrong_type",
  "missing_field",
  "unknown_value",
  "unknown_currency",
  "not_a_number",
  "amount_out_of_range",
  "amount_precision",
  "time_unreadable",
  "time_out_of_range",
  "key_missing",
  "key_mismatch",
  "tombstone",
  "record_too_large",
  "state_too_large",
  "output_too_large",
  "header_unreadable",
  "processor_failed",
  "timer_failed",
] as const;
export type DeadReason = (typeof deadReasons)[number];
