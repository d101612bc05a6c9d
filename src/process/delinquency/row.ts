import type { Codec } from "../../stream/codec.ts";
import { upgraded } from "./row-versions.ts";

/**
 * What is known of a customer, as one stretch of bytes that is changed in place: the bytes in
 * memory are those of the changelog, so nothing is encoded when a record has been worked on.
 *
 * A head of fixed fields is followed by eight lists, each sorted, so that the same facts give the
 * same bytes in whatever order they came:
 *
 *     head | obligations | payers | payees | accounts | prints | extras | buckets | ids
 *
 * A *bucket* is one day of one account: sums and counts of 90 days, from which features are
 * computed. *Extras* are amounts of rarer kinds per day. *Ids* are 48-bit hashes of the
 * transactions in each bucket, for finding duplicates; *prints* are of what transactions say, for
 * suspecting that two sources tell of one. *Payees* are bills with the days on which they were
 * paid; *payers* are those who pay the customer, with what was learned of their paydays. Numbers of
 * buckets and extras take 4 bytes each (narrow) until one does not fit;
 * then the whole row turns wide, with 8 bytes each. All money is in minor units of one currency.
 */
const VERSION = 3;

/** Days that are kept: the day of the newest event and the 89 before it. */
export const windowDays = 90;
export const paymentsMax = 6;
export const payeesMax = 12;
export const obligationsMax = 8;
export const accountsMax = 31;
/**
 * Beyond this many transactions in 90 days, the oldest are no longer known as duplicates; how often
 * one was forgotten is counted as `transaction_id_forgotten`.
 */
export const idsMax = 4_096;
/** Beyond this many, the oldest are no longer suspected of having come twice. */
export const printsMax = 4_096;
/** Stands for no day where a day is kept in 16 bits. */
export const noDay = 0xffff;

export const lists = {
  obligations: 0,
  payers: 1,
  payees: 2,
  accounts: 3,
  prints: 4,
  extras: 5,
  buckets: 6,
  ids: 7,
} as const;
type List = (typeof lists)[keyof typeof lists];

/** Numbers of a bucket. */
export const cell = {
  key: 0,
  /** Debits in the lower 16 bits, failed ones and cash withdrawals in 8 each. */
  tally: 1,
  /** Ids in the lower 16 bits, penalties and flags in 8 each. */
  more: 2,
  closingAt: 3,
  spent: 4,
  income: 5,
  discretionary: 6,
  closing: 7,
  lowest: 8,
  largest: 9,
} as const;
/** How many numbers a bucket and an extra have. */
export const bucketCells = 10;
const extraCells = 2;
/** Bytes of a payer. See payers.ts. */
export const payerBytes = 72;
export const hasBalance = 1 << 24;

export const headBytes = 112;
const listCount = 8;
/** Where the head counts each list, in steps of 16 bits. */
const countsAt = [1, 52, 2, 3, 53, 4, 5, 6];
const strides = [32, payerBytes, 16, 24, 8];
const narrowStrides = [...strides, 4 * extraCells, 4 * bucketCells, 6];
const wideStrides = [...strides, 8 * extraCells, 8 * bucketCells, 6];

export class CustomerRow {
  bytes: Buffer;
  f64!: Float64Array;
  i32!: Int32Array;
  u32!: Uint32Array;
  u16!: Uint16Array;
  /** Bytes in use. */
  used: number;
  wide = false;
  #view: Buffer | undefined;
  #starts = [0, 0, 0, 0, 0, 0, 0, 0];

  constructor(stored?: Buffer) {
    const from = stored && upgraded(stored);
    const used = from?.length ?? headBytes;
    this.bytes = this.#allot(Math.max(512, used + 256));
    this.used = used;
    if (from) {
      from.copy(this.bytes);
      this.wide = this.bytes[1] === 1;
    } else this.#clear();
    this.#lay();
  }

  #clear(): void {
    this.bytes[0] = VERSION;
    this.firstDay = noDay;
    this.newest = -1;
    this.observedUntil = Number.POSITIVE_INFINITY;
    this.scoredAt = -1;
    this.score = Number.NaN;
    this.lastCredit = -1;
    this.profileTime = -1;
    this.deadline = Number.POSITIVE_INFINITY;
    this.openedDay = noDay;
  }

  #allot(bytes: number): Buffer {
    const store = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
    this.f64 = new Float64Array(store);
    this.i32 = new Int32Array(store);
    this.u32 = new Uint32Array(store);
    this.u16 = new Uint16Array(store);
    return Buffer.from(store);
  }

  #lay(): void {
    const strides = this.wide ? wideStrides : narrowStrides;
    let at = headBytes;
    for (let list = 0; list < listCount; list++) {
      this.#starts[list] = at;
      at += strides[list] * this.u16[countsAt[list]];
    }
    this.used = at;
  }

  /** The bytes in use. They change with the row. */
  get view(): Buffer {
    if (this.#view?.length !== this.used || this.#view.buffer !== this.bytes.buffer)
      this.#view = this.bytes.subarray(0, this.used);
    return this.#view;
  }

  count(list: List): number {
    return this.u16[countsAt[list]];
  }

  /** The byte at which a list begins. */
  start(list: List): number {
    return this.#starts[list];
  }

  /** Makes room for `size` zeroed elements before element `index` of a list. */
  insert(list: List, index: number, size = 1): void {
    const stride = (this.wide ? wideStrides : narrowStrides)[list];
    const at = this.#starts[list] + index * stride;
    const more = size * stride;
    if (this.used + more > this.bytes.length) {
      const old = this.bytes;
      this.bytes = this.#allot(this.used + more + Math.max(256, this.used >> 2));
      old.copy(this.bytes, 0, 0, this.used);
    }
    this.bytes.copyWithin(at + more, at, this.used);
    this.bytes.fill(0, at, at + more);
    this.u16[countsAt[list]] += size;
    this.#lay();
  }

  remove(list: List, index: number, size = 1): void {
    const stride = (this.wide ? wideStrides : narrowStrides)[list];
    const at = this.#starts[list] + index * stride;
    this.bytes.copyWithin(at, at + size * stride, this.used);
    this.u16[countsAt[list]] -= size;
    this.#lay();
  }

  #cellAt(list: List, index: number): number {
    const cells = list === lists.buckets ? bucketCells : extraCells;
    return this.#starts[list] / (this.wide ? 8 : 4) + index * cells;
  }

  /** A number of a bucket or an extra. */
  get(list: List, index: number, which: number): number {
    const at = this.#cellAt(list, index) + which;
    return this.wide ? this.f64[at] : this.i32[at];
  }

  set(list: List, index: number, which: number, value: number): void {
    if (!this.wide && (value | 0) !== value) this.#widen();
    const at = this.#cellAt(list, index) + which;
    if (this.wide) this.f64[at] = value;
    else this.i32[at] = value;
  }

  add(list: List, index: number, which: number, value: number): void {
    if (value !== 0) this.set(list, index, which, this.get(list, index, which) + value);
  }

  /** All numbers of the row, for reading many: a list's begin at `firstCell`, in order. */
  get cells(): Int32Array | Float64Array {
    return this.wide ? this.f64 : this.i32;
  }
  firstCell(list: List): number {
    return this.#starts[list] / (this.wide ? 8 : 4);
  }

  /** From 4 to 8 bytes for each number of extras and buckets. */
  #widen(): void {
    const [extras, buckets, ids] = this.#starts.slice(lists.extras);
    const old = { bytes: this.bytes, i32: this.i32, used: this.used };
    const moved = ids + (ids - extras);
    this.bytes = this.#allot(moved + (old.used - ids) + 512);
    old.bytes.copy(this.bytes, 0, 0, extras);
    for (let n = 0; n < (ids - extras) / 4; n++) this.f64[extras / 8 + n] = old.i32[extras / 4 + n];
    old.bytes.copy(this.bytes, moved, ids, old.used);
    this.wide = true;
    this.bytes[1] = 1;
    this.#lay();
    if (this.#starts[lists.buckets] !== extras + 2 * (buckets - extras))
      throw new RangeError("a widened row does not add up");
  }

  get firstDay(): number {
    return this.u16[7];
  }
  set firstDay(day: number) {
    this.u16[7] = day;
  }
  /** Newest event time, -1 before the first event. Profiles do not move it. */
  get newest(): number {
    return this.f64[2];
  }
  set newest(time: number) {
    this.f64[2] = time;
  }
  get observedUntil(): number {
    return this.f64[3];
  }
  set observedUntil(time: number) {
    this.f64[3] = time;
  }
  /** The time that the last score spoke of, -1 before the first. */
  get scoredAt(): number {
    return this.f64[4];
  }
  set scoredAt(time: number) {
    this.f64[4] = time;
  }
  get score(): number {
    return this.f64[5];
  }
  set score(value: number) {
    this.f64[5] = value;
  }
  get lastCredit(): number {
    return this.f64[6];
  }
  set lastCredit(time: number) {
    this.f64[6] = time;
  }
  /** Sum of the debits in the window, and how many there are. */
  get spent90(): number {
    return this.f64[7];
  }
  set spent90(sum: number) {
    this.f64[7] = sum;
  }
  get debits90(): number {
    return this.f64[8];
  }
  set debits90(count: number) {
    this.f64[8] = count;
  }
  get profileTime(): number {
    return this.f64[9];
  }
  set profileTime(time: number) {
    this.f64[9] = time;
  }
  get deadline(): number {
    return this.f64[10];
  }
  set deadline(time: number) {
    this.f64[10] = time;
  }
  /** Newest days for which a timer has fired: a bill, a due day. 0: none. */
  get billFired(): number {
    return this.u16[45];
  }
  set billFired(day: number) {
    this.u16[45] = day;
  }
  get dueFired(): number {
    return this.u16[46];
  }
  set dueFired(day: number) {
    this.u16[46] = day;
  }
  get openedDay(): number {
    return this.u16[47];
  }
  set openedDay(day: number) {
    this.u16[47] = day;
  }
  /** The base currency as its letters in base 26, plus 1; 0: not known. */
  get currency(): number {
    return this.u16[48];
  }
  set currency(code: number) {
    this.u16[48] = code;
  }
  /** The band of the last score: 0 LOW to 3 CRITICAL. */
  get band(): number {
    return this.u16[49];
  }
  set band(band: number) {
    this.u16[49] = band;
  }
  /** The country as its two letters in base 26, plus 1; 0: not known. */
  get country(): number {
    return this.u16[50];
  }
  set country(code: number) {
    this.u16[50] = code;
  }
  /** The day on which cover of what falls due soon was last looked at; 0: never. */
  get dueLookedAt(): number {
    return this.u16[51];
  }
  set dueLookedAt(day: number) {
    this.u16[51] = day;
  }
}

/** The row's codec: its bytes are itself. */
export const customerCodec: Codec<CustomerRow> = {
  version: VERSION,
  reads: [1, 2],
  inPlace: true,
  create: () => new CustomerRow(),
  open: (bytes) => new CustomerRow(bytes),
  seal: (row) => row.view,
  deadline: (row) => row.deadline,
};
