import { createHash } from "node:crypto";
import { type Codec, jsonCodec, table } from "../../src/stream/codec.ts";
import { broadcast, emit, type Incoming, processor } from "../../src/stream/processor.ts";
import { type Topic, topic } from "../../src/stream/topic.ts";

/**
 * Two hops with state, made so that a loss, a double or a change of order shows: each output bears
 * a running count and a chained hash. What one input does never depends on the other, so that the
 * answer can be computed from each log alone, however the two were interleaved while they ran.
 */
export type Order = { id: string; n: number; at: number; due?: number };
export type Profile = { id: string; at: number };
/** What the first hop says: of an order, of a profile, or of a deadline that was reached. */
export type Sum =
  | { from: "orders"; id: string; n: number; sum: number; chain: string }
  | { from: "profiles"; id: string; n: number; chain: string }
  | { from: "due"; id: string; at: number };
export type Mark = { id: string; n: number; chain: string };

export const link = (chain: string, id: string): string =>
  createHash("sha256").update(`${chain} ${id}`).digest("hex").slice(0, 16);

const none = Number.POSITIVE_INFINITY;
const headBytes = 24;

/** In place: version, count of orders, their sum and the deadline; behind them the chain's text. */
class Total {
  bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  get n() {
    return this.bytes.readUInt32BE(4);
  }
  get sum() {
    return this.bytes.readDoubleBE(8);
  }
  get chain() {
    return this.bytes.toString("latin1", headBytes);
  }
  get deadline() {
    return this.bytes.readDoubleBE(16);
  }
  set deadline(at: number) {
    this.bytes.writeDoubleBE(at, 16);
  }
  add(id: string, n: number) {
    const chain = Buffer.from(link(this.chain, id), "latin1");
    if (this.bytes.length === headBytes) this.bytes = Buffer.concat([this.bytes, chain]);
    else chain.copy(this.bytes, headBytes);
    this.bytes.writeUInt32BE(this.n + 1, 4);
    this.bytes.writeDoubleBE(this.sum + n, 8);
  }
}
const totalCodec: Codec<Total> = {
  version: 1,
  inPlace: true,
  create: () => {
    const bytes = Buffer.alloc(headBytes);
    bytes[0] = 1;
    bytes.writeDoubleBE(none, 16);
    return new Total(bytes);
  },
  open: (bytes) => new Total(bytes),
  seal: (row) => row.bytes,
  deadline: (row) => row.deadline,
};
type Seen = { n: number; chain: string };
const seenCodec = jsonCodec<Seen>({ version: 1, create: () => ({ n: 0, chain: "" }) });

/** The line's topics. Another `run` has the same inputs and everything else of its own. */
export const lineTopics = (partitions: number, run = "") => ({
  orders: topic<Order>("orders", { partitions, timeOf: (v) => v.at }),
  profiles: topic<Profile>("profiles", { partitions, timeOf: (v) => v.at }),
  rules: topic<{ ready: boolean }>("rules", { partitions: 1, compacted: true, envelope: false }),
  ticks: topic<number>("ticks", { partitions, envelope: false }),
  clock: topic<number>(`ticks-sum${run}`, { partitions, envelope: false }),
  sums: topic<Sum>(`sums${run}`, { partitions }),
  marks: topic<Mark>(`marks${run}`, { partitions }),
  deadLetters: topic("dead-letters", { partitions: 1 }),
});
export type LineTopics = ReturnType<typeof lineTopics>;

/** `rulesWanted`: how many documents the first hop waits for before its first record. */
export const line = (topics: LineTopics, rulesWanted = 0, run = "") => {
  const { orders, profiles, sums, marks, rules, ticks, clock } = topics;
  const sum = processor({
    name: "sum",
    group: `sum${run}`,
    reads: [orders, profiles],
    writes: [sums],
    state: { total: table("total", totalCodec), seen: table("seen", seenCodec) },
    broadcast: {
      known: broadcast(
        rules as Topic,
        (entries) => entries.size,
        (size) => (size < rulesWanted ? `${size} of ${rulesWanted} rules` : undefined),
      ),
    },
    ticks: { topic: ticks, exact: false },
    clock,
    run: (record, { total, seen, known }) => {
      if (known < rulesWanted) throw new Error("a record before the rules");
      const { id } = record.value;
      if (record.topic.name === profiles.name) {
        seen.n++;
        seen.chain = link(seen.chain, id);
        return emit(sums, record.key, { from: "profiles", id, ...seen });
      }
      const order = record.value as Order;
      total.add(id, order.n);
      if (order.due !== undefined) total.deadline = order.due;
      const { n, sum, chain } = total;
      return emit(sums, record.key, { from: "orders", id, n, sum, chain });
    },
    due: (timer, { total, mint }) => {
      total.deadline = none;
      return [emit(sums, timer.key, { from: "due", id: mint(0), at: timer.time })];
    },
  });
  const mark = processor({
    name: "mark",
    group: `mark${run}`,
    reads: [sums],
    writes: [marks],
    state: { seen: table("seen", seenCodec) },
    run: (record: Incoming<Sum>, { seen }) => {
      seen.n++;
      seen.chain = link(seen.chain, record.value.id);
      return emit(marks, record.key, { id: record.value.id, ...seen });
    },
  });
  return { sum, mark };
};
