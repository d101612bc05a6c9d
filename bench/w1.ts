import type { Codec } from "../src/stream/codec.ts";
import { table } from "../src/stream/codec.ts";
import { FlatJson } from "../src/stream/flat-json.ts";
import { type Processor, processor } from "../src/stream/processor.ts";
import { type Topic, topic } from "../src/stream/topic.ts";

/**
 * W1, the work that the peers do too: features of a customer over 30 and 90 days, one output record
 * for each input record, to the byte. The row is its own bytes: a head, then a bucket for each day.
 */
export type Event = {
  /** Bytes of the record, with the places of the two ids in it; -1: the strings below hold. */
  bytes: Buffer;
  customerFrom: number;
  customerTo: number;
  transactionFrom: number;
  transactionTo: number;
  customer: string;
  transaction: string;
  amount: number;
  balance: number;
  credit: boolean;
  failed: boolean;
  day: number;
};

const fields = [
  "transaction_id",
  "customer_id",
  "amount",
  "balance",
  "transaction_type",
  "is_failed",
  "txn_time",
];
const [TRANSACTION, CUSTOMER, AMOUNT, BALANCE, TYPE, FAILED, TIME] = fields.keys();
const flat = new FlatJson(fields);
const cents = (x: number) => Math.floor(x * 100 + 0.5);

/**
 * Days from 1970-01-01, from a civil date. Hinnant, "chrono-compatible low-level date algorithms".
 */
const daysFrom = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};
const digit = (b: Buffer, at: number) => b[at] - 0x30;
const dayAt = (b: Buffer, at: number): number =>
  daysFrom(
    digit(b, at) * 1000 + digit(b, at + 1) * 100 + digit(b, at + 2) * 10 + digit(b, at + 3),
    digit(b, at + 5) * 10 + digit(b, at + 6),
    digit(b, at + 8) * 10 + digit(b, at + 9),
  );

const readFlat = (bytes: Buffer): Event => {
  const { from, to } = flat;
  let amount = flat.hundredths(bytes, AMOUNT);
  let balance = flat.hundredths(bytes, BALANCE);
  if (Number.isNaN(amount))
    amount = cents(Number(bytes.toString("latin1", from[AMOUNT], to[AMOUNT])));
  if (Number.isNaN(balance))
    balance = cents(Number(bytes.toString("latin1", from[BALANCE], to[BALANCE])));
  return {
    bytes,
    customerFrom: from[CUSTOMER],
    customerTo: to[CUSTOMER],
    transactionFrom: from[TRANSACTION],
    transactionTo: to[TRANSACTION],
    customer: "",
    transaction: "",
    amount,
    balance,
    credit: bytes[from[TYPE]] === 0x63,
    failed: bytes[from[FAILED]] === 0x74,
    day: dayAt(bytes, from[TIME]),
  };
};

const readWhole = (bytes: Buffer): Event => {
  const event = JSON.parse(bytes.toString("utf8"));
  return {
    bytes,
    customerFrom: -1,
    customerTo: -1,
    transactionFrom: -1,
    transactionTo: -1,
    customer: event.customer_id,
    transaction: event.transaction_id,
    amount: cents(event.amount),
    balance: cents(event.balance),
    credit: event.transaction_type === "credit",
    failed: event.is_failed,
    day: dayAt(Buffer.from(event.txn_time), 0),
  };
};

const allFound = () => flat.from.every((from) => from >= 0);
export const readEvent = (bytes: Buffer): Event =>
  flat.scan(bytes) && allFound() ? readFlat(bytes) : readWhole(bytes);

// Head: version, 3 unused bytes, number of buckets, newest day, last credit's day, events, late.
const headBytes = 24;
// Bucket: debit sum, credit sum, least balance (doubles), day, debit count, credit count, failed.
const bucketBytes = 40;
const none = -0x80000000;
const version = 1;

/** One customer's row. Buckets are sorted by day, the newest last. */
export class Row {
  view: Buffer;
  #bytes!: Buffer;
  #ints!: Int32Array;
  #doubles!: Float64Array;

  constructor(from: Buffer | undefined) {
    this.view = Buffer.alloc(0);
    this.#room(Math.max(headBytes + 8 * bucketBytes, (from?.length ?? 0) + 2 * bucketBytes), from);
    if (from === undefined) {
      this.#bytes[0] = version;
      this.#ints[2] = none;
      this.#ints[3] = none;
    }
    this.#cut();
  }

  #room(wanted: number, from: Buffer | undefined): void {
    const buffer = new ArrayBuffer((wanted + 7) & ~7);
    this.#bytes = Buffer.from(buffer);
    this.#ints = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    from?.copy(this.#bytes);
  }

  #cut(): void {
    const bytes = headBytes + this.#ints[1] * bucketBytes;
    if (this.view.length !== bytes || this.view.buffer !== this.#bytes.buffer)
      this.view = this.#bytes.subarray(0, bytes);
  }

  /** Applies an event; false when it came too late to count. */
  accept(event: Event): boolean {
    const ints = this.#ints;
    const { day } = event;
    if (ints[2] !== none && day < ints[2] - 89) {
      ints[5]++;
      return false;
    }
    ints[4]++;
    if (ints[2] === none || day > ints[2]) {
      ints[2] = day;
      this.#forget(day - 89);
    }
    const at = this.#bucket(day, event.balance);
    const i = at >> 2;
    const d = at >> 3;
    const { amount, balance } = event;
    if (event.credit) {
      this.#doubles[d + 1] += amount;
      this.#ints[i + 8]++;
      if (this.#ints[3] === none || day > this.#ints[3]) this.#ints[3] = day;
    } else {
      this.#doubles[d] += amount;
      this.#ints[i + 7]++;
    }
    if (balance < this.#doubles[d + 2]) this.#doubles[d + 2] = balance;
    if (event.failed) this.#ints[i + 9]++;
    this.#cut();
    return true;
  }

  #forget(before: number): void {
    const count = this.#ints[1];
    let gone = 0;
    while (gone < count && this.#ints[(headBytes + gone * bucketBytes + 24) >> 2] < before) gone++;
    if (gone === 0) return;
    const from = headBytes + gone * bucketBytes;
    this.#bytes.copyWithin(headBytes, from, headBytes + count * bucketBytes);
    this.#ints[1] = count - gone;
  }

  /** Where the day's bucket begins; it is made, with this balance, when it is missing. */
  #bucket(day: number, balance: number): number {
    let count = this.#ints[1];
    let place = count;
    while (place > 0) {
      const at = headBytes + (place - 1) * bucketBytes;
      const its = this.#ints[(at + 24) >> 2];
      if (its === day) return at;
      if (its < day) break;
      place--;
    }
    const end = headBytes + count * bucketBytes;
    if (end + bucketBytes > this.#bytes.length)
      this.#room(end + Math.max(4, count >> 1) * bucketBytes, this.#bytes);
    const at = headBytes + place * bucketBytes;
    this.#bytes.copyWithin(at + bucketBytes, at, end);
    this.#bytes.fill(0, at, at + bucketBytes);
    this.#doubles[(at >> 3) + 2] = balance;
    this.#ints[(at + 24) >> 2] = day;
    this.#ints[1] = ++count;
    return at;
  }

  /** The features as W1's JSON, written into `line`; returns its length. */
  features(event: Event, line: Line): number {
    const ints = this.#ints;
    const doubles = this.#doubles;
    const from30 = ints[2] - 29;
    let [debit30, debits30, credit30, credits30, failed30] = [0, 0, 0, 0, 0];
    let [debit90, debits90, credit90, credits90] = [0, 0, 0, 0];
    let least = Number.POSITIVE_INFINITY;
    const end = headBytes + ints[1] * bucketBytes;
    for (let at = headBytes; at < end; at += bucketBytes) {
      const i = at >> 2;
      const d = at >> 3;
      debit90 += doubles[d];
      credit90 += doubles[d + 1];
      debits90 += ints[i + 7];
      credits90 += ints[i + 8];
      if (doubles[d + 2] < least) least = doubles[d + 2];
      if (ints[i + 6] < from30) continue;
      debit30 += doubles[d];
      credit30 += doubles[d + 1];
      debits30 += ints[i + 7];
      credits30 += ints[i + 8];
      failed30 += ints[i + 9];
    }
    line.begin(event);
    line.number(0, ints[4]);
    line.number(1, ints[5]);
    line.number(2, debit30);
    line.number(3, debits30);
    line.number(4, credit30);
    line.number(5, credits30);
    line.number(6, debit90);
    line.number(7, debits90);
    line.number(8, credit90);
    line.number(9, credits90);
    line.number(10, least);
    line.number(11, failed30);
    line.number(12, ints[3] === none ? Number.NaN : ints[2] - ints[3]);
    line.number(13, debits30 === 0 ? Number.NaN : halfUp(debit30, debits30));
    line.number(14, credit30 === 0 ? Number.NaN : halfUp(10_000 * debit30, credit30));
    return line.end();
  }
}

const halfUp = (a: number, b: number) => Math.floor((2 * a + b) / (2 * b));

const names = [
  "event_count",
  "late_count",
  "debit_sum_30d",
  "debit_count_30d",
  "credit_sum_30d",
  "credit_count_30d",
  "debit_sum_90d",
  "debit_count_90d",
  "credit_sum_90d",
  "credit_count_90d",
  "min_balance_90d",
  "failed_count_30d",
  "days_since_last_credit",
  "avg_debit_30d",
  "debit_credit_ratio_30d_e4",
].map((name) => Buffer.from(`,"${name}":`));

/** One output line, written byte by byte into one scratch; a view for each length is kept. */
class Line {
  readonly bytes = Buffer.allocUnsafeSlow(4_096);
  readonly #views: Buffer[] = [];
  #at = 0;

  begin(event: Event): void {
    this.#at = this.bytes.write('{"customer_id":"', "latin1");
    this.#id(event, event.customerFrom, event.customerTo, event.customer);
    this.#at += this.bytes.write(',"transaction_id":"', this.#at, "latin1");
    this.#id(event, event.transactionFrom, event.transactionTo, event.transaction);
  }

  #id(event: Event, from: number, to: number, text: string): void {
    if (from < 0) {
      this.#at += this.bytes.write(JSON.stringify(text).slice(1), this.#at);
      return;
    }
    const { bytes } = event;
    for (let i = from; i < to; i++) this.bytes[this.#at++] = bytes[i];
    this.bytes[this.#at++] = 0x22;
  }

  /** NaN stands for null. Whole numbers only. */
  number(name: number, value: number): void {
    const { bytes } = this;
    const label = names[name];
    for (let i = 0; i < label.length; i++) bytes[this.#at++] = label[i];
    if (Number.isNaN(value)) {
      this.#at += bytes.write("null", this.#at, "latin1");
      return;
    }
    if (value < 0) {
      bytes[this.#at++] = 0x2d;
      value = -value;
    }
    if (value > 0x7fffffff) {
      this.#at += bytes.write(String(value), this.#at, "latin1");
      return;
    }
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    let rest = value | 0;
    for (let i = this.#at + digits - 1; i >= this.#at; i--) {
      const next = (rest / 10) | 0;
      bytes[i] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.#at += digits;
  }

  end(): number {
    this.bytes[this.#at++] = 0x7d;
    return this.#at;
  }
  view(length: number): Buffer {
    return (this.#views[length] ??= this.bytes.subarray(0, length));
  }
}

export const rowCodec: Codec<Row> = {
  version,
  inPlace: true,
  create: () => new Row(undefined),
  open: (bytes) => new Row(bytes),
  seal: (row) => row.view,
};

/** W1 between two topics of any name. */
export const w1 = (names: { input: string; output: string; group: string }): Processor => {
  const input: Topic<Event> = topic(names.input, { envelope: false, read: readEvent });
  const output: Topic<Buffer> = topic(names.output, { envelope: false, write: (bytes) => bytes });
  const line = new Line();
  const outcome = {
    kind: "emit" as const,
    topic: output,
    key: "",
    value: line.bytes as Buffer,
  };
  return processor({
    name: "w1",
    group: names.group,
    reads: [input],
    writes: [output],
    state: { features: table("features", rowCodec) },
    run: (record, { features }) => {
      features.accept(record.value);
      outcome.key = record.key;
      outcome.value = line.view(features.features(record.value, line));
      return outcome;
    },
  });
};
