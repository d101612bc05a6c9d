import type { Prediction } from "../events/prediction.ts";
import { timeMs } from "../events/time.ts";
import type { Scored } from "./standing.ts";

/** Long enough for a prediction's way through the outbox and Kafka, unless one of them is away. */
const keptMs = 30_000;

/** Answers that Redis may not have heard of, since they reach it by way of Kafka. */
export class Given {
  /** The oldest first. */
  readonly #scores = new Map<string, Scored & { forgetAt: number }>();

  note({ customer_id: id, risk_score, event_time }: Prediction): void {
    const now = performance.now();
    for (const [other, { forgetAt }] of this.#scores) {
      if (forgetAt > now) break;
      this.#scores.delete(other);
    }
    this.#scores.delete(id);
    const forgetAt = now + keptMs;
    this.#scores.set(id, { score: risk_score, at: timeMs(event_time), forgetAt });
  }

  /** The newer one's score. */
  orNewer(customer: string, stored: Scored | null): number | null {
    const given = this.#scores.get(customer);
    const newest = given && (stored === null || given.at >= stored.at) ? given : stored;
    return newest?.score ?? null;
  }
}
