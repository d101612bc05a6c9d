import type { OutcomeEvent } from "../events/outcome.ts";
import { timeMs } from "../events/time.ts";
import { horizonDays, knownAfterDays, type Label } from "../ingest/simulate/labels.ts";
import { DAY_MS } from "../rules/calendar.ts";

/** What a label of 1 says. */
export const predicts = "Misses a payment within 30 days";

/** A payment that was missed: when it was due, and since when it is made up for. Times in ms. */
type Miss = { readonly obligation: string | null; readonly due: number; cured: number | undefined };

/**
 * What outcomes say of customers at a time, as `labels` of the simulator's truths does: 1 if a
 * payment that falls due in the 30 days after is missed, 0 if none is; null if that cannot be said:
 * one is overdue already, or no outcome is known of so long after. Told in order of time.
 */
export class OutcomeLabels {
  readonly #misses = new Map<string, Miss[]>();
  #knownUntil = Number.NEGATIVE_INFINITY;

  tell(outcome: OutcomeEvent): void {
    const { customer_id, timestamp, due_date, obligation_id } = outcome;
    this.#knownUntil = Math.max(this.#knownUntil, timeMs(outcome.event_time));
    const misses = this.#misses.get(customer_id) ?? [];
    const obligation = obligation_id ?? null;
    if (outcome.outcome === "payment_missed") {
      misses.push({ obligation, due: timeMs(due_date ?? timestamp), cured: undefined });
      this.#misses.set(customer_id, misses);
    }
    if (outcome.outcome !== "payment_cured") return;
    for (const miss of misses)
      if (obligation === null || miss.obligation === obligation) miss.cured ??= timeMs(timestamp);
  }

  of(customer: string, asOf: number): NonNullable<Label> | null {
    const misses = this.#misses.get(customer) ?? [];
    if (misses.some(({ due, cured = Number.POSITIVE_INFINITY }) => due <= asOf && cured > asOf))
      return null;
    const until = asOf + horizonDays * DAY_MS;
    if (misses.some(({ due }) => due > asOf && due <= until)) return 1;
    return this.#knownUntil >= until + knownAfterDays * DAY_MS ? 0 : null;
  }
}
