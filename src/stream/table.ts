import { failure } from "../errors.ts";
import type { Codec, TableSpec } from "./codec.ts";
import { Deadlines } from "./deadlines.ts";

/**
 * The rows of one table in one partition, with two ways back. *Undo* takes back what the record in
 * hand did to its row; the *image* takes back everything since the last commit. Both are bytes: the
 * same bytes that the changelog holds, so there is one truth about what a row was.
 *
 * An in-place row changes its own bytes, so its image is copied into an arena when a transaction
 * first touches it, and its undo into a scratch before each later record. An encoded row has new
 * bytes after each record, so keeping the old reference is enough.
 */
export type Entry = {
  readonly key: string;
  /** The row's bytes; null while the row does not exist. */
  view: Buffer | null;
  /** The opened row, for codecs in place. */
  row: unknown;
  /** The transaction that last touched the row. */
  mark: number;
  /** What the row was at the last commit: in place a stretch of the arena, else the old bytes. */
  imageAt: number;
  imageBytes: number;
  image: Buffer | null;
  /** The deadline that is in the index, or Infinity. */
  armed: number;
};

const arenaBytes = 1 << 20;
/** So many deadlines more than two for each row, and the index is built anew. */
const spareDeadlines = 1_000;

export class Table {
  readonly spec: TableSpec<unknown>;
  readonly entries = new Map<string, Entry>();
  readonly deadlines = new Deadlines();
  readonly touched: Entry[] = [];
  /** Rows whose timer has run since the last commit: a timer that fails touches nothing else. */
  readonly #disarmed: Entry[] = [];
  readonly #codec: Codec<unknown>;
  readonly #maxBytes: number;
  #transaction = 1;
  #arena = Buffer.allocUnsafeSlow(arenaBytes);
  #arenaUsed = 0;
  #scratch = Buffer.allocUnsafeSlow(4_096);
  // The row in hand, between take() and keep() or putBack().
  #inHand = false;
  #entry!: Entry;
  #row: unknown;
  #sealed!: Buffer;
  #undo: Buffer | null = null;
  #firstTouch = false;
  #forgotten = false;

  constructor(spec: TableSpec<unknown>, maxBytes: number) {
    this.spec = spec;
    this.#codec = spec.codec;
    this.#maxBytes = maxBytes;
  }

  /** The row of a key, to be changed by one record: end with seal() and keep(), or putBack(). */
  take(key: string): unknown {
    const codec = this.#codec;
    let entry = this.entries.get(key);
    if (entry === undefined) entry = this.#absent(key);
    this.#entry = entry;
    this.#forgotten = false;
    this.#firstTouch = entry.mark !== this.#transaction;
    if (this.#firstTouch) this.#keepImage(entry);
    if (entry.view === null) {
      this.#row = codec.create(key);
      this.#undo = null;
    } else if (codec.inPlace) {
      entry.row ??= codec.open(Buffer.from(entry.view), key);
      this.#row = entry.row;
      if (!this.#firstTouch) this.#undo = this.#copyOf(entry.view);
    } else {
      this.#row = codec.open(entry.view, key);
      this.#undo = entry.view;
    }
    this.#inHand = true;
    return this.#row;
  }

  #absent(key: string): Entry {
    return {
      key,
      view: null,
      row: undefined,
      mark: 0,
      imageAt: 0,
      imageBytes: -1,
      image: null,
      armed: Number.POSITIVE_INFINITY,
    };
  }

  #keepImage(entry: Entry): void {
    if (entry.view === null || !this.#codec.inPlace) {
      entry.image = entry.view;
      entry.imageBytes = entry.view === null ? -1 : 0;
      return;
    }
    const bytes = entry.view.length;
    if (this.#arenaUsed + bytes > this.#arena.length) this.#growArena(bytes);
    entry.view.copy(this.#arena, this.#arenaUsed);
    entry.imageAt = this.#arenaUsed;
    entry.imageBytes = bytes;
    this.#arenaUsed += bytes;
  }

  #growArena(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(
      Math.max(2 * this.#arena.length, this.#arenaUsed + bytes),
    );
    this.#arena.copy(larger, 0, 0, this.#arenaUsed);
    this.#arena = larger;
  }

  #copyOf(view: Buffer): Buffer {
    if (view.length > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(2 * view.length);
    view.copy(this.#scratch);
    return this.#scratch.subarray(0, view.length);
  }

  /** Drops the row in hand at keep(). */
  forget(): void {
    this.#forgotten = true;
  }

  /** Encodes the row in hand. False: it has grown too large to keep, and putBack() must follow. */
  seal(): boolean {
    if (this.#forgotten) return true;
    this.#sealed = this.#codec.seal(this.#row);
    return this.#sealed.length <= this.#maxBytes;
  }

  /** Keeps what the record did to the row in hand; seal() went before. */
  keep(): void {
    const entry = this.#entry;
    this.#inHand = false;
    if (this.#forgotten) {
      if (entry.view !== null) this.#change(entry, null);
      entry.armed = Number.POSITIVE_INFINITY;
      return;
    }
    const view = this.#sealed;
    if (entry.view === null && this.#untouchedNewRow(view)) return;
    if (this.#codec.inPlace) entry.row = this.#row;
    if (this.#codec.inPlace || !entry.view?.equals(view)) this.#change(entry, view);
    this.#arm(entry);
  }

  /** A row that a record looked at without changing it is not worth storing. */
  #untouchedNewRow(view: Buffer): boolean {
    return this.#codec.seal(this.#codec.create(this.#entry.key)).equals(view);
  }

  #change(entry: Entry, view: Buffer | null): void {
    if (entry.mark !== this.#transaction) {
      entry.mark = this.#transaction;
      this.touched.push(entry);
      if (entry.imageBytes < 0) this.entries.set(entry.key, entry);
    }
    entry.view = view;
    if (view === null) entry.row = undefined;
  }

  #arm(entry: Entry): void {
    const { deadline } = this.#codec;
    if (deadline === undefined) return;
    const time = deadline(this.#row);
    if (time === entry.armed) return;
    entry.armed = time;
    if (time === Number.POSITIVE_INFINITY) return;
    this.deadlines.push({ time, key: entry.key });
    if (this.deadlines.size > 2 * this.entries.size + spareDeadlines) this.#indexAnew();
  }

  /** Leaves out what rows no longer mean: a deadline that moves leaves its old entry behind. */
  #indexAnew(): void {
    this.deadlines.clear();
    for (const { armed, key } of this.entries.values())
      if (armed !== Number.POSITIVE_INFINITY) this.deadlines.push({ time: armed, key });
  }

  /** Undoes what the record did to the row in hand, if there is one. */
  putBack(): void {
    const entry = this.#entry;
    if (!this.#inHand || !this.#codec.inPlace || entry.view === null) return;
    this.#inHand = false;
    const bytes = this.#firstTouch ? this.#imageOf(entry) : (this.#undo as Buffer);
    entry.view = Buffer.from(bytes);
    entry.row = this.#codec.open(entry.view, entry.key);
  }

  #imageOf(entry: Entry): Buffer {
    return this.#arena.subarray(entry.imageAt, entry.imageAt + entry.imageBytes);
  }

  /** The nearest deadline that a row still means, or undefined. Stale ones are dropped. */
  nextDeadline(): { time: number; key: string } | undefined {
    for (let next = this.deadlines.next; next; next = this.deadlines.next) {
      if (this.entries.get(next.key)?.armed === next.time) return next;
      this.deadlines.pop();
    }
    return undefined;
  }

  /** Takes a deadline out of the index before its timer runs; the row arms it anew if it wants. */
  disarm(key: string): void {
    const entry = this.entries.get(key);
    if (entry) {
      entry.armed = Number.POSITIVE_INFINITY;
      this.#disarmed.push(entry);
    }
    this.deadlines.pop();
  }

  /** After a commit: what is, is. */
  commit(): void {
    for (const entry of this.touched) {
      entry.image = null;
      if (entry.view === null && entry.mark === this.#transaction) this.entries.delete(entry.key);
    }
    this.#nextTransaction();
  }

  /** After an abort: every row is what it was at the last commit. */
  rollBack(): void {
    for (const entry of this.touched) {
      if (entry.imageBytes < 0) {
        this.entries.delete(entry.key);
        continue;
      }
      entry.view = this.#codec.inPlace ? Buffer.from(this.#imageOf(entry)) : entry.image;
      entry.row = undefined;
      entry.armed = Number.POSITIVE_INFINITY;
      this.#row = this.#codec.open(entry.view as Buffer, entry.key);
      if (this.#codec.inPlace) entry.row = this.#row;
      this.#arm(entry);
    }
    for (const entry of this.#disarmed) {
      if (entry.mark === this.#transaction || entry.view === null) continue;
      this.#row = entry.row ?? this.#codec.open(entry.view, entry.key);
      this.#arm(entry);
    }
    this.#nextTransaction();
  }

  #nextTransaction(): void {
    this.touched.length = 0;
    this.#disarmed.length = 0;
    this.#arenaUsed = 0;
    this.#transaction++;
  }

  /**
   * One record of the changelog, at restore; null removes the row. Throws STATE_VERSION for bytes
   * of another version of the codec: to guess what they say would be worse than to stop.
   */
  restore(key: string, bytes: Buffer | null): void {
    if (bytes === null) {
      this.entries.delete(key);
      return;
    }
    const { version, reads } = this.#codec;
    if (bytes[0] !== version && !reads?.includes(bytes[0]))
      throw failure("STATE_VERSION", this.spec.name, String(bytes[0]), String(version));
    const entry = this.entries.get(key) ?? this.#absent(key);
    // A copy: the bytes lie in a batch of many records, which one row would keep in memory.
    if (entry.view?.length !== bytes.length) entry.view = Buffer.allocUnsafeSlow(bytes.length);
    entry.view.set(bytes);
    entry.row = undefined;
    this.entries.set(key, entry);
  }

  /** After the last restored record: opens what stays open and builds the index of deadlines. */
  restored(): void {
    for (const _ of this.restoring());
  }

  /** The same a row at a time, for whoever has other things to do in between. Run it to its end. */
  *restoring(): Generator<void, void> {
    const { deadline, inPlace } = this.#codec;
    if (!inPlace && deadline === undefined) return;
    for (const entry of this.entries.values()) {
      this.#row = this.#codec.open(entry.view as Buffer, entry.key);
      if (inPlace) {
        // The row lives in bytes of its own now; keeping the restored ones would double them.
        entry.row = this.#row;
        entry.view = this.#codec.seal(this.#row);
      }
      this.#arm(entry);
      yield;
    }
  }

  get size(): number {
    return this.entries.size;
  }
}
