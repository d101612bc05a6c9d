/**
 * One order for several inputs. Each input partition has a buffer; the next record is the one with
 * the smallest (event time, place of its topic, offset) among the heads. Within an input the order
 * is the log's, always.
 *
 * An input without a buffered record blocks the others until its partition end was reached: we wait
 * for records that exist, never for producers. So a log that is read again gives the same order,
 * and a live run differs from it only where a record was appended after its turn had passed; those
 * are counted as `merge_late`.
 */
export type Ordered = { readonly time: number; readonly offset: number; readonly bytes: number };

class Input<T extends Ordered> {
  readonly items: T[] = [];
  head = 0;
  /** Of the records that are buffered. */
  bytes = 0;
  /** The next offset that has not been read from the log (buffered counts as read). */
  position = 0;
  atEnd = false;
  /** The newest time that other inputs ran since this one last had a record. */
  passedBy = Number.NEGATIVE_INFINITY;

  get first(): T | undefined {
    return this.items[this.head];
  }
  get size(): number {
    return this.items.length - this.head;
  }
  shift(): T {
    const item = this.items[this.head++];
    this.bytes -= item.bytes;
    if (this.head === this.items.length || this.head >= 1_024) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
    return item;
  }
}

export class Merge<T extends Ordered> {
  readonly #inputs: Input<T>[];
  mergeLate = 0;

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => new Input<T>());
  }

  /** Reading starts here. */
  start(input: number, offset: number): void {
    this.#inputs[input].position = Math.max(0, offset);
  }

  /** False: the record lies before what was read already, so it is known. */
  expects(input: number, offset: number): boolean {
    return offset >= this.#inputs[input].position;
  }

  offer(input: number, item: T): void {
    const to = this.#inputs[input];
    to.items.push(item);
    to.bytes += item.bytes;
    to.position = item.offset + 1;
    to.atEnd = false;
  }

  /** The log ends here for now. Transaction markers put the end behind the last record. */
  end(input: number, offset: number): void {
    const at = this.#inputs[input];
    if (offset >= at.position) {
      at.position = offset;
      at.atEnd = true;
    }
  }

  /**
   * The input whose head is next, or -1: nothing there, or an input may still hold an earlier one.
   */
  next(): number {
    let best = -1;
    let bestTime = 0;
    const inputs = this.#inputs;
    for (let i = 0; i < inputs.length; i++) {
      const first = inputs[i].first;
      if (first === undefined) {
        if (!inputs[i].atEnd) return -1;
      } else if (best < 0 || first.time < bestTime) {
        best = i;
        bestTime = first.time;
      }
    }
    return best;
  }

  peek(input: number): T {
    return this.#inputs[input].first as T;
  }

  take(input: number): T {
    const from = this.#inputs[input];
    const item = from.shift();
    if (item.time < from.passedBy && item.time > Number.NEGATIVE_INFINITY) this.mergeLate++;
    from.passedBy = Number.NEGATIVE_INFINITY;
    for (const other of this.#inputs)
      if (other !== from && item.time > other.passedBy) other.passedBy = item.time;
    return item;
  }

  /** The offset of the first record of an input that has not run: what may be committed. */
  committable(input: number): number {
    const at = this.#inputs[input];
    return at.first?.offset ?? at.position;
  }
  position(input: number): number {
    return this.#inputs[input].position;
  }
  buffered(input: number): number {
    return this.#inputs[input].size;
  }
  bufferedBytes(input: number): number {
    return this.#inputs[input].bytes;
  }
  get empty(): boolean {
    return this.#inputs.every((input) => input.size === 0);
  }
}
