type Seen = { readonly end: number; readonly at: number };

/** Looks are seconds apart: some minutes, behind which nothing is remembered. */
const seenMost = 300;

/** When the ends of partitions were seen to move: a bound for the age of an unread record. */
export class SeenEnds {
  readonly #ends = new Map<string, Seen[]>();

  /** Notes the ends of partitions at a time, ms. */
  note(ends: ReadonlyMap<string, number>, at: number): void {
    for (const [partition, end] of ends) {
      const seen = this.#ends.get(partition) ?? [];
      if (seen.length === 0) this.#ends.set(partition, seen);
      if (seen.at(-1)?.end !== end) seen.push({ end, at });
      if (seen.length > seenMost) seen.shift();
    }
  }

  /** When the record at an offset was first seen to be there; undefined: it always was. */
  since(partition: string, offset: number): number | undefined {
    const seen = this.#ends.get(partition) ?? [];
    const first = seen.findIndex(({ end }) => end > offset);
    return first > 0 ? seen[first].at : undefined;
  }
}
