import type { PanelName } from "../messages/live.ts";

/** Of charts, a quarter of an hour in seconds; of lists, more than anybody reads. */
const entriesMost: Partial<Record<PanelName, number>> = { throughput: 900, latency: 900, lag: 900 };
const otherEntriesMost = 200;

/** `seq` is the place behind the entry's record. */
type Held = { seq: number; text: string };

/**
 * The newest entries of one panel, each id once, as they are sent. Whoever has everything up to a
 * `seq` lacks what came after it, unless that has been let go already: then they lack all of it.
 */
export class PanelFeed {
  readonly #most: number;
  readonly #entries = new Map<string, Held>();
  /** The highest place of what was let go without a successor, or was never read. */
  #gone: number;
  newest: number;

  /** What lies before `first` is not known. */
  constructor(panel: PanelName, first: number) {
    this.#most = entriesMost[panel] ?? otherEntriesMost;
    this.#gone = first;
    this.newest = first;
  }

  /** `seq` is higher than any before. */
  take(seq: number, id: string, value: unknown): void {
    this.newest = seq;
    this.#entries.delete(id);
    this.#entries.set(id, { seq, text: JSON.stringify({ id, value }) });
    if (this.#entries.size <= this.#most) return;
    const [[oldest, { seq: gone }]] = this.#entries;
    this.#entries.delete(oldest);
    this.#gone = gone;
  }

  /** Whether this place is one from which it can be gone on without a hole. */
  #reaches(after: number): boolean {
    return after >= this.#gone && after <= this.newest;
  }

  /** The message for whoever has everything up to `after`; undefined: they have nothing. */
  message(panel: PanelName, after: number | undefined): string {
    const reset = after === undefined || !this.#reaches(after);
    const texts: string[] = [];
    for (const { seq, text } of this.#entries.values())
      if (reset || seq > (after as number)) texts.push(text);
    return (
      `{"type":"update","panel":"${panel}","seq":${this.newest},"reset":${reset},` +
      `"entries":[${texts.join(",")}]}`
    );
  }
}
