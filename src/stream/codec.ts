/**
 * How a row of state becomes bytes. The bytes are the changelog's value and the rollback image.
 *
 * Two kinds exist. An *in place* row keeps its numbers in its own bytes: `open` takes the bytes
 * over, `seal` hands out the view. It stays open between records and costs nothing to encode; use
 * it where speed counts. An *encoded* row is an object that is opened for each record that touches
 * it and encoded afterwards; between records only its bytes are kept.
 */
export type Codec<Row> = {
  /** First byte of every row's bytes. A changelog with another version stops the start. */
  readonly version: number;
  /** Earlier versions whose rows `open` still reads; they are written anew when next changed. */
  readonly reads?: readonly number[];
  /** Keep the opened row between records (in place), or open it anew from bytes (encoded). */
  readonly inPlace: boolean;
  readonly create: (key: string) => Row;
  /** The bytes are the row's to keep and change. */
  readonly open: (bytes: Buffer, key: string) => Row;
  /** The row's bytes as they stand, version first. In place: a view that the next change alters. */
  readonly seal: (row: Row) => Buffer;
  /** Event time in ms of the row's next timer, or Infinity. */
  readonly deadline?: (row: Row) => number;
};

export type TableSpec<Row> = { readonly name: string; readonly codec: Codec<Row> };

/** A table of a processor: one row for each key that its records bear. */
export const table = <Row>(name: string, codec: Codec<Row>): TableSpec<Row> => ({ name, codec });

/**
 * Rows as JSON behind a version byte: for tables that are touched rarely. `earlier` makes this
 * version's row of what the version before it wrote.
 */
export const jsonCodec = <Row>(spec: {
  version: number;
  earlier?: (row: unknown) => Row;
  create: (key: string) => Row;
  deadline?: (row: Row) => number;
}): Codec<Row> => ({
  version: spec.version,
  reads: spec.earlier && [spec.version - 1],
  inPlace: false,
  create: spec.create,
  open: (bytes) => {
    const row = JSON.parse(bytes.toString("utf8", 1)) as unknown;
    return spec.earlier && bytes[0] !== spec.version ? spec.earlier(row) : (row as Row);
  },
  seal: (row) => {
    const text = JSON.stringify(row);
    const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
    bytes[0] = spec.version;
    bytes.write(text, 1);
    return bytes;
  },
  deadline: spec.deadline,
});
