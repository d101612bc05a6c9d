/**
 * The newest entries of a panel, each under an id; an entry that is put again takes the place of
 * its former self. Knows which have changed since they were last taken.
 */
export class Ticker<V> {
  readonly #most: number;
  readonly #entries = new Map<string, V>();
  readonly #changed = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  put(id: string, value: V): void {
    this.#entries.delete(id);
    this.#entries.set(id, value);
    this.#changed.delete(id);
    this.#changed.add(id);
    if (this.#entries.size <= this.#most) return;
    const [[oldest]] = this.#entries;
    this.remove(oldest);
  }

  remove(id: string): void {
    this.#entries.delete(id);
    this.#changed.delete(id);
  }

  removeWhere(isGone: (value: V) => boolean): void {
    for (const [id, value] of this.#entries) if (isGone(value)) this.remove(id);
  }

  /** What has changed since the last call, oldest first. */
  take(): { id: string; value: V }[] {
    const taken = [...this.#changed].map((id) => ({ id, value: this.#entries.get(id) as V }));
    this.#changed.clear();
    return taken;
  }

  /** Has everything count as changed. */
  again(): void {
    for (const id of this.#entries.keys()) this.#changed.add(id);
  }
}
