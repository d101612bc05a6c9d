import { parentPort, workerData } from "node:worker_threads";
import { Environment } from "@marcbachmann/cel-js";
import { parseHeader } from "../../stream/header.ts";
import { decode } from "./decode.ts";
import type { FilterAsk, FilterSays, FilterSetup, FilterStart } from "./filter.ts";

/**
 * Judges records by an expression that somebody typed, in a thread of its own: it reaches nothing
 * but the records it is sent, with personal fields masked already, and whoever started it ends it
 * when it takes too long or too much memory.
 */
const { expression, readings } = workerData as FilterSetup;

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: {
    maxAstNodes: 1_000,
    maxDepth: 40,
    maxListElements: 500,
    maxMapEntries: 100,
    maxCallArguments: 16,
  },
});
environment
  .registerVariable("key", "dyn")
  .registerVariable("value", "dyn")
  .registerVariable("header", "dyn")
  .registerVariable("partition", "int")
  .registerVariable("offset", "int")
  .registerVariable("size", "int")
  .registerVariable("time", "google.protobuf.Timestamp");

type Fault = { summary?: string; message: string; range?: { start: number; end: number } };

const wrong = (says: string, range?: Fault["range"]): FilterStart => ({
  ok: false,
  says,
  from: range?.start ?? null,
  to: range?.end ?? null,
});

const faultOf = ({ summary, message, range }: Fault): FilterStart =>
  wrong(summary ?? message.split("\n")[0], range);

type Judge = (record: Record<string, unknown>) => unknown;

const prepare = (): { judge: Judge; start: FilterStart } => {
  const never: Judge = () => false;
  try {
    const parsed = environment.parse(expression);
    const checked = parsed.check();
    if (!checked.valid) return { judge: never, start: faultOf(checked.error as unknown as Fault) };
    const type = String(checked.type);
    if (type !== "bool" && type !== "dyn")
      return { judge: never, start: wrong(`It must say true or false, and gives ${type}`) };
    return { judge: parsed as Judge, start: { ok: true } };
  } catch (thrown) {
    return { judge: never, start: faultOf(thrown as Fault) };
  }
};

const headerOf = (text: string | null): Record<string, unknown> | null => {
  const header = text === null ? undefined : parseHeader(text);
  if (header === undefined) return null;
  const { id, type, source, schema, origin, trace, eventTime, ingestTime } = header;
  const times = { event_time: new Date(eventTime), ingest_time: new Date(ingestTime) };
  return { id, type, source, schema, origin, trace, ...times };
};

const { judge, start } = prepare();

const answer = ({ bytes, records }: FilterAsk): FilterSays => {
  const verdicts = new Uint8Array(records.length);
  let failed = 0;
  let failure: string | null = null;
  for (const [n, { from, to, reading, ...record }] of records.entries()) {
    const value = from < 0 ? null : new Uint8Array(bytes, from, to - from);
    const decoded = decode(value, readings[reading] ?? {});
    try {
      const says = judge({
        key: record.key,
        value: decoded.form === "json" ? decoded.value : null,
        header: headerOf(record.header),
        partition: BigInt(record.partition),
        offset: BigInt(record.offset),
        size: BigInt(to - from),
        time: new Date(record.time),
      });
      verdicts[n] = says === true ? 1 : 0;
    } catch (thrown) {
      failed++;
      failure ??= (thrown as Fault).summary ?? (thrown as Fault).message.split("\n")[0];
    }
  }
  return { verdicts, failed, failure };
};

parentPort?.postMessage(start);
parentPort?.on("message", (asked: FilterAsk) => parentPort?.postMessage(answer(asked)));
