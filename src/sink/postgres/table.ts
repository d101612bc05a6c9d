import type { Header } from "../../stream/header.ts";
import type { Topic } from "../../stream/topic.ts";

/** What a cell may hold; objects are for columns of type jsonb, times are ISO text. */
export type Cell = string | number | boolean | object | null | undefined;
export type Row<Column extends string = string> = Readonly<Record<Column, Cell>>;

/** Where a record came from, for the columns that its value does not give. */
export type Arrival = {
  /** `topic-partition-offset` where this sink read it. */
  readonly place: string;
  /** `topic-partition-offset` of its first appearance, as imports and replays keep it. */
  readonly origin: string;
  readonly header: Header | undefined;
  readonly headers: readonly Record<string, Buffer>[] | undefined;
  /** ms since 1970 when the broker took it. */
  readonly appendTime: number;
};

/** What a record may do besides bringing a row: the row with these cells of the key goes. */
export class Gone {
  readonly key: Row;
  constructor(key: Row) {
    this.key = key;
  }
}

/** How records of one topic become rows of one table. */
export type Source<Column extends string = string> = {
  readonly topic: Topic;
  /** undefined: this record has no row here. */
  readonly row: (value: never, arrival: Arrival) => Row<Column> | Gone | undefined;
  /**
   * `values`: checked values; a null value says nothing here. `erasures`: also null values, which
   * erase the customer whose id is the key from every table. `anything`: every record, unread.
   */
  readonly takes: "values" | "erasures" | "anything";
};

/**
 * A table of the read model: all that a sink needs to know to fill it. A new one is a value like
 * this, a place in the list of `tables.ts`, and a file in `sql/`.
 */
export type Table = {
  readonly name: string;
  /** Where several fill one table of Postgres, each its own columns: that table. Else `name`. */
  readonly into?: string;
  /** Columns with their SQL types. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** Which of several rows of one key stays. */
  readonly keeps: "first" | "newest";
  readonly from: readonly Source[];
};

export const table = <const C extends Readonly<Record<string, string>>>(spec: {
  name: string;
  into?: string;
  columns: C;
  key: readonly (keyof C & string)[];
  keeps: "first" | "newest";
  from: readonly Source<keyof C & string>[];
}): Table => spec;

export const from = <T, Column extends string>(
  topic: Topic<T>,
  row: (value: NonNullable<T>, arrival: Arrival) => Row<Column> | Gone | undefined,
): Source<Column> => ({ topic: topic as Topic, row, takes: "values" });

/** As `from`, for a topic whose null values erase a customer. */
export const fromErasable = <T, Column extends string>(
  topic: Topic<T | null>,
  row: (value: T, arrival: Arrival) => Row<Column> | undefined,
): Source<Column> => ({ topic: topic as Topic, row, takes: "erasures" });

/** For a topic whose records are kept as they came: `row` is not given the value. */
export const fromUnread = <Column extends string>(
  topic: Topic<never> | Topic<Buffer>,
  row: (arrival: Arrival) => Row<Column> | undefined,
): Source<Column> => ({
  topic: topic as Topic,
  row: (_value: never, arrival) => row(arrival),
  takes: "anything",
});
