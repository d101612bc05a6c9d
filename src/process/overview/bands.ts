import { type RiskLevel, riskLevels } from "../../events/prediction.ts";

const dayMs = 86_400_000;
/** Levels and times share one number: memory for a customer is that of one entry of a map. */
const levelsMost = 4;

type Counts = number[];
const none = (): Counts => riskLevels.map(() => 0);
const named = (counts: Counts): Record<RiskLevel, number> =>
  Object.fromEntries(riskLevels.map((level, at) => [level, counts[at]])) as Record<
    RiskLevel,
    number
  >;

/**
 * Customers by their newest band. May be told the same thing twice, and of one customer's bands in
 * any order: the newest counts. Who was erased is counted no more, unless they came back.
 */
export class BandCount {
  readonly #newest = new Map<string, number>();
  readonly #counts = none();
  /** What changed on a day, by the day's number; of the last two days that anything is known of. */
  readonly #changes = new Map<number, Counts>();
  /** When Kafka took the tombstone of each, ms. */
  readonly #erased = new Map<string, number>();
  #lastDay = Number.NEGATIVE_INFINITY;

  /**
   * `at` is an event time in ms, `takenAt` when Kafka took the score; where nobody knows that, a
   * score counts as taken when it was made.
   */
  note(customer: string, level: RiskLevel, at: number, takenAt = at): void {
    if (this.isErased(customer, takenAt)) return;
    const before = this.#newest.get(customer);
    const time = Math.max(0, Math.floor(at));
    if (before !== undefined && Math.floor(before / levelsMost) > time) return;
    const now = riskLevels.indexOf(level);
    this.#newest.set(customer, time * levelsMost + now);
    this.#move(before === undefined ? undefined : before % levelsMost, now, time);
  }

  /** Whether what Kafka took then about the customer must not be shown. */
  isErased(customer: string, takenAt: number): boolean {
    return takenAt <= (this.#erased.get(customer) ?? Number.NEGATIVE_INFINITY);
  }

  /** The customer was erased by a tombstone that Kafka took at `takenAt`, ms. */
  forget(customer: string, takenAt: number): void {
    this.#erased.set(customer, takenAt);
    const before = this.#newest.get(customer);
    if (before === undefined) return;
    this.#newest.delete(customer);
    this.#counts[before % levelsMost]--;
  }

  #move(from: number | undefined, to: number, time: number): void {
    if (from === to) return;
    const day = Math.floor(time / dayMs);
    const changes = this.#changesOf(day);
    if (from !== undefined) {
      this.#counts[from]--;
      if (changes) changes[from]--;
    }
    this.#counts[to]++;
    if (changes) changes[to]++;
  }

  #changesOf(day: number): Counts | undefined {
    if (day < this.#lastDay - 1) return undefined;
    this.#lastDay = Math.max(this.#lastDay, day);
    for (const old of this.#changes.keys()) if (old < this.#lastDay - 1) this.#changes.delete(old);
    const found = this.#changes.get(day) ?? none();
    this.#changes.set(day, found);
    return found;
  }

  customers(): Record<RiskLevel, number> {
    return named(this.#counts);
  }

  /** How the counts changed on the day, by UTC, of a time in ms. */
  changesOn(at: number): Record<RiskLevel, number> {
    return named(this.#changes.get(Math.floor(at / dayMs)) ?? none());
  }
}
