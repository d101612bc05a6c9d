import { readFile } from "node:fs/promises";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import type { Contract } from "../../events/contract.ts";
import { type Header, headerName, readHeader } from "../../stream/header.ts";
import { cellOf, decodedOf } from "./columns.ts";

/** A record as it lies in its log. */
export type LogRecord = {
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: readonly Record<string, Buffer>[];
  /** ms since 1970. */
  readonly appendTime: number;
};

type Fields = Record<string, unknown>;

const fieldsOf = (bytes: Buffer | null): Fields | undefined => {
  if (bytes === null) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Whom a record is about: its key, or what its value says where that does not name the key, as of a
 * record without one or under another's.
 */
export const customerOf = (
  topic: Contract<unknown>,
  { key, value }: Pick<LogRecord, "key" | "value">,
): string | null => {
  const ofKey = topic.key === "customer_id" ? key : null;
  if (ofKey && value?.includes(`"${ofKey}"`)) return ofKey;
  const id = fieldsOf(value)?.customer_id;
  return typeof id === "string" ? id : ofKey;
};

/** Headers beside ours, which few records have. */
const othersOf = (headers: LogRecord["headers"]): string | null => {
  const others = headers.flatMap((one) =>
    Object.entries(one).filter(([name]) => name !== headerName),
  );
  if (others.length === 0) return null;
  return JSON.stringify(others.map(([name, bytes]) => [name, bytes.toString("base64")]));
};

const eventTimeOf = (topic: Contract<unknown>, record: LogRecord, header?: Header): number => {
  if (header !== undefined) return header.eventTime;
  try {
    const time = record.value === null ? undefined : topic.timeOf(topic.read(record.value));
    return time ?? record.appendTime;
  } catch {
    return record.appendTime;
  }
};

const dateOf = (ms: number): Date | null => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date;
};

const columnsOf = (topic: Contract<unknown>, records: readonly LogRecord[]): ColumnSource[] => {
  const headers = records.map((record) => readHeader([...record.headers]));
  const own = records.map(({ headers: all }) => all.find((one) => headerName in one)?.[headerName]);
  const decoded = decodedOf(topic.name);
  const fields = records.map(({ value }) => (decoded.length > 0 ? fieldsOf(value) : undefined));
  const text = (name: string, data: (string | null | undefined)[]): ColumnSource => ({
    name,
    type: "STRING",
    data: data.map((cell) => cell ?? null),
    statistics: false,
  });
  const bytes = (name: string, data: (Buffer | null | undefined)[]): ColumnSource => ({
    name,
    type: "BYTE_ARRAY",
    // Hardly two are alike, so a dictionary of them would be looked for in vain.
    encoding: "PLAIN",
    data: data.map((cell) => cell ?? null),
    statistics: false,
  });
  const times = (name: string, data: (Date | null)[]): ColumnSource => ({
    name,
    type: "TIMESTAMP",
    data,
  });
  const offsets = BigInt64Array.from(records, ({ offset }) => BigInt(offset));
  return [
    { name: "offset", type: "INT64", nullable: false, data: offsets },
    text(
      "key",
      records.map(({ key }) => key),
    ),
    bytes(
      "value",
      records.map(({ value }) => value),
    ),
    bytes("header", own),
    text(
      "other_headers",
      records.map((record) => othersOf(record.headers)),
    ),
    times(
      "append_time",
      records.map(({ appendTime }) => new Date(appendTime)),
    ),
    times(
      "event_time",
      records.map((record, n) => dateOf(eventTimeOf(topic, record, headers[n]))),
    ),
    {
      ...text(
        "event_id",
        headers.map((header) => header?.id),
      ),
      encoding: "PLAIN",
    },
    text(
      "event_type",
      headers.map((header) => header?.type),
    ),
    text(
      "customer_id",
      records.map((record) => customerOf(topic, record)),
    ),
    ...decoded.map(
      (column): ColumnSource => ({
        name: column.name,
        type: column.type,
        data: fields.map((value) => cellOf(column, value)),
        statistics: false,
      }),
    ),
  ];
};

/** What a file says of itself: which topic's log it was read from. */
export type FileNote = { topicId: string };
const noteKey = "bellwether.topic_id";

/** The bytes of a file: the same records always give the same. */
export const writeParquet = (
  topic: Contract<unknown>,
  records: readonly LogRecord[],
  { topicId }: FileNote,
): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: columnsOf(topic, records),
      codec: "ZSTD",
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
      rowGroupSize: Math.max(1, records.length),
      createdBy: "bellwether",
      kvMetadata: [{ key: noteKey, value: topicId }],
    }),
  );

const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };

const arrayOf = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

const view = (cell: Uint8Array): Buffer =>
  Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);

type Row = {
  offset: bigint;
  key: string | null;
  value: Uint8Array | null;
  header: Uint8Array | null;
  other_headers: string | null;
  append_time: Date;
};

const recordOf = (row: Row): LogRecord => {
  const others: [string, string][] =
    row.other_headers === null ? [] : JSON.parse(row.other_headers);
  return {
    offset: Number(row.offset),
    key: row.key,
    value: row.value === null ? null : view(row.value),
    headers: [
      ...(row.header === null ? [] : [{ [headerName]: view(row.header) }]),
      ...others.map(([name, text]) => ({ [name]: Buffer.from(text, "base64") })),
    ],
    appendTime: row.append_time.getTime(),
  };
};

/** The records of a file, by offset. */
export const readParquet = async (path: string): Promise<LogRecord[]> => {
  const file = arrayOf(await readFile(path));
  const columns = ["offset", "key", "value", "header", "other_headers", "append_time"];
  const rows = await parquetReadObjects({ file, columns, compressors, utf8: false });
  return (rows as Row[]).map(recordOf);
};

/** Whom the records of a file are about, and when the broker took them. */
export const customersIn = async (
  path: string,
): Promise<{ customer: string | null; key: string | null; appendTime: number }[]> => {
  const file = arrayOf(await readFile(path));
  const columns = ["key", "customer_id", "append_time"];
  const rows = await parquetReadObjects({ file, columns, compressors });
  return rows.map((row) => ({
    customer: row.customer_id,
    key: row.key,
    appendTime: row.append_time.getTime(),
  }));
};

export const noteOf = async (path: string): Promise<FileNote> => {
  const { key_value_metadata: notes = [] } = parquetMetadata(arrayOf(await readFile(path)));
  return { topicId: notes.find(({ key }) => key === noteKey)?.value ?? "" };
};
