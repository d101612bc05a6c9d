/**
 * The index of deadlines of one table: a binary heap by (deadline, key). Entries are never removed
 * from the middle: whoever pops one compares it with what the row says now, and drops a stale one.
 * Where stale ones pile up, the owner of the rows builds the heap anew.
 */
export type Deadline = { readonly time: number; readonly key: string };

const before = (a: Deadline, b: Deadline): boolean =>
  a.time < b.time || (a.time === b.time && a.key < b.key);

export class Deadlines {
  readonly #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  get next(): Deadline | undefined {
    return this.#heap[0];
  }

  push(deadline: Deadline): void {
    const heap = this.#heap;
    let at = heap.push(deadline) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(deadline, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = deadline;
  }

  pop(): Deadline | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
