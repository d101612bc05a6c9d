import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import type { CustomerFeatures } from "../../events/features.ts";
import { timeMs } from "../../events/time.ts";
import type { JudgedLoan } from "../../ingest/import/berka/judged.ts";
import type { ImportSource } from "../../ingest/import/importer.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import type { Groups } from "../../rules/scoring/report.ts";
import { type ToldEvent, takeFeatures } from "../feature-vectors.ts";
import { groupsOf } from "../results/groups.ts";

/** A loan to learn from, with what was known of its owner before it was granted. */
export type LoanExample = {
  readonly customer_id: string;
  readonly label: 0 | 1;
  /** Sex, and age at the grant, where they are known: no features, looked at for fairness alone. */
  readonly groups: Groups;
  /** The newest first; the first one is what the score that stood at the grant was made from. */
  readonly vectors: readonly { at: number; features: CustomerFeatures["features"] }[];
};

/** A loan is learned from as its owner stood on the grant's eve and each half-month before. */
const stepDays = 15;
const stepsMost = 12;

/** The source's events as the line in memory takes them. */
export const told = function* (source: ImportSource): Generator<ToldEvent> {
  for (const { at, topic, key, value, origin } of source.events())
    yield { time: at, topic, key, value, id: origin };
};

/**
 * Of vectors in time order, those that stood at the grant and at each step before it, once each.
 */
export const standing = <V extends { at: number }>(
  vectors: readonly V[],
  grantedAt: number,
): V[] => {
  const found = new Set<V>();
  for (let step = 0; step < stepsMost; step++) {
    const before = grantedAt - step * stepDays * DAY_MS;
    const one = vectors.findLast(({ at }) => at < before);
    if (one) found.add(one);
  }
  return [...found];
};

/**
 * Runs the feature processor over the whole source and keeps, for each scorable loan, the vectors
 * from before the grant. A loan whose owner was never scored before it is left out.
 */
export const loanExamples = (source: ImportSource, loans: readonly JudgedLoan[]): LoanExample[] => {
  const scorable = new Map(
    loans.filter((loan) => loan.scorable).map((loan) => [loan.customer_id, loan]),
  );
  const seen = new Map<string, { at: number; features: CustomerFeatures["features"] }[]>();
  const people = new Map<string, CustomerUpdate>();
  const events = function* (): Generator<ToldEvent> {
    for (const event of told(source)) {
      if (event.key !== null && event.topic.name === customerUpdates.name)
        people.set(event.key, event.value as CustomerUpdate);
      yield event;
    }
  };
  takeFeatures(events(), (vector) => {
    const loan = scorable.get(vector.customer_id);
    const at = timeMs(vector.event_time);
    if (!loan || at >= loan.granted_at) return;
    const list = seen.get(vector.customer_id);
    const one = { at, features: vector.features };
    if (list) list.push(one);
    else seen.set(vector.customer_id, [one]);
  });
  return [...scorable.values()].flatMap(({ customer_id, bad, granted_at }) => {
    const vectors = standing(seen.get(customer_id) ?? [], granted_at);
    const groups = groupsOf(people.get(customer_id) ?? {}, granted_at);
    return vectors.length > 0 ? [{ customer_id, label: bad ? 1 : 0, groups, vectors }] : [];
  });
};
