import type { TableSpec } from "./codec.ts";
import type { DeadReason, Topic } from "./topic.ts";

/** A record as a processor sees it. Times are ms since 1970. */
export type Incoming<T = unknown> = {
  readonly topic: Topic<T>;
  readonly key: string;
  /** null: a tombstone, on topics that allow them. */
  readonly value: T;
  /** Event time. */
  readonly time: number;
  /** When the record entered our system (header), for end-to-end latency. Not for decisions. */
  readonly ingestTime: number;
  /** Identity of the record: the header's id, else `topic-partition-offset`. */
  readonly id: string;
  /** `topic-partition-offset` of the first appearance; kept by imports and replays. */
  readonly origin: string;
};

/** A deadline of a row that has been reached. `time` is the deadline itself, in event time. */
export type Timer = { readonly key: string; readonly table: string; readonly time: number };

/** What a record or timer leads to; `V` are the values that it may publish. */
export type Outcome<V = unknown> =
  | {
      readonly kind: "emit";
      topic: Topic<V>;
      key: string;
      value: V | null;
      time?: number;
      id?: string;
    }
  | { readonly kind: "drop"; reason: string }
  | { readonly kind: "dead"; reason: DeadReason; detail: string }
  | { readonly kind: "late"; reason: string }
  | { readonly kind: "forget" }
  | { readonly kind: "count"; name: string };

/**
 * Publish a value; null is a tombstone. Its event time is the cause's and its id is minted from the
 * cause, unless `more` says otherwise.
 */
export const emit = <T>(
  to: Topic<T>,
  key: string,
  value: T | null,
  more?: { time?: number; id?: string },
): Outcome<T> => ({ kind: "emit", topic: to, key, value, time: more?.time, id: more?.id });
/** The record has no effect, for a reason that is counted. */
export const drop = (reason: string): Outcome<never> => ({ kind: "drop", reason });
/** The record cannot be used: its bytes go to dead letters. Rows are put back as they were. */
export const deadLetter = (reason: DeadReason, detail: string): Outcome<never> => ({
  kind: "dead",
  reason,
  detail,
});
/** The record came too late to count: counted, and kept in `late-events`. */
export const late = (reason: string): Outcome<never> => ({ kind: "late", reason });
/** Forget every row of this record's key: the answer to an erasure. */
export const forget = (): Outcome<never> => ({ kind: "forget" });
/** Counts something that is worth a metric, such as a trigger that did not lead to a score. */
export const count = (name: string): Outcome<never> => ({ kind: "count", name });

/** A topic that every task reads whole before its first record, folded into one value. */
export type BroadcastSpec<View> = {
  readonly topic: Topic;
  /** Called again after each change with every live entry, by key. Must not change the entries. */
  readonly view: (entries: ReadonlyMap<string, unknown>) => View;
  /** What is missing before work can begin, in a few words; undefined when ready. */
  readonly waitsFor?: (view: View) => string | undefined;
};
export const broadcast = <View>(
  of: Topic,
  view: (entries: ReadonlyMap<string, unknown>) => View,
  waitsFor?: (view: View) => string | undefined,
): BroadcastSpec<View> => ({ topic: of, view, waitsFor });

// biome-ignore lint/suspicious/noExplicitAny: rows of different tables share one record type
type Tables = Readonly<Record<string, TableSpec<any>>>;
// biome-ignore lint/suspicious/noExplicitAny: views of different broadcasts share one record type
type Broadcasts = Readonly<Record<string, BroadcastSpec<any>>>;

type RowsOf<S> = { -readonly [K in keyof S]: S[K] extends TableSpec<infer Row> ? Row : never };
type ViewsOf<B> = { -readonly [K in keyof B]: B[K] extends BroadcastSpec<infer V> ? V : never };

/** What `run` and `due` receive: the key's row of each table, each broadcast's view, and ids. */
export type Context<S, B> = RowsOf<S> &
  ViewsOf<B> & {
    /** UUIDv8 of (processor, this record or timer, ordinal): a replay mints the same ones. */
    readonly mint: (ordinal: number) => string;
  };

type ValueOf<R> = R extends Topic<infer T> ? T : never;
/** What a processor with these `writes` may lead to. */
export type OutcomeOf<W extends readonly unknown[]> = Outcome<ValueOf<W[number]>>;
type IncomingOf<R extends readonly unknown[]> = R extends readonly (infer U)[]
  ? U extends Topic<infer T>
    ? Incoming<T>
    : never
  : never;

export type ProcessorSpec<
  R extends readonly Topic[],
  W extends readonly Topic[],
  S extends Tables,
  B extends Broadcasts,
> = {
  readonly name: string;
  readonly group: string;
  /** Inputs with the same number of partitions and the same keys; their order breaks ties. */
  readonly reads: R;
  /** What it may emit: by their values here, and by these very topics as it runs. */
  readonly writes: W;
  readonly broadcast?: B;
  readonly state?: S;
  /**
   * The topic whose time moves this processor's clock in quiet hours: `ticks`, from which the
   * disorder bound is taken off, or the clock of the processor before it, which is exact.
   */
  readonly ticks?: { readonly topic: Topic<number>; readonly exact: boolean };
  /** Where this processor writes its own clock, for the next hop. */
  readonly clock?: Topic<number>;
  /** May run once per record; touches only the rows it was given. */
  readonly run: (
    record: IncomingOf<R>,
    context: Context<S, B>,
  ) => OutcomeOf<W> | readonly OutcomeOf<W>[] | undefined;
  readonly due?: (timer: Timer, context: Context<S, B>) => readonly OutcomeOf<W>[] | undefined;
};

export type Processor = ProcessorSpec<readonly Topic[], readonly Topic[], Tables, Broadcasts>;

/** A processor is a value: what it reads and writes, its state, and two pure functions. */
export const processor = <
  const R extends readonly Topic[],
  const W extends readonly Topic[],
  S extends Tables = Record<never, never>,
  B extends Broadcasts = Record<never, never>,
>(
  spec: ProcessorSpec<R, W, S, B>,
): Processor => spec as unknown as Processor;

export type { ValueOf };
