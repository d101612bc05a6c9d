import { Quantiles } from "./quantiles.ts";

const windowMs = 60_000;
/** With fewer in the minute that runs, the minute before it says more. */
const enough = 30;

/** Quantiles of the last minute or two: a stall is seen while it lasts and forgotten after. */
export class Recent {
  #now = new Quantiles();
  #before = new Quantiles();
  #began = 0;

  /** `at` is the time of the measurement in ms; values as Quantiles takes them. */
  record(value: number, at: number): void {
    if (at - this.#began >= windowMs) {
      this.#before = at - this.#began < 2 * windowMs ? this.#now : new Quantiles();
      this.#now = new Quantiles();
      this.#began = at;
    }
    this.#now.record(value);
  }

  /** The quantile, or null when nothing was measured; with `now`, when nothing recent was. */
  at(q: number, now = this.#began): number | null {
    if (now - this.#began >= 2 * windowMs) return null;
    const of = this.#now.count < enough && this.#before.count > 0 ? this.#before : this.#now;
    return of.count === 0 ? null : of.at(q);
  }
}
