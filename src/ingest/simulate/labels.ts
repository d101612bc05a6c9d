import type { Truth } from "../../events/simulation.ts";
import { timeMs } from "../../events/time.ts";

/** What is asked of a customer on a day: will a payment be missed for the first time soon? */
export type Label = 0 | 1 | undefined;

const DAY_MS = 86_400_000;
export const horizonDays = 30;
/** A miss becomes known only so many days after its due date. */
export const knownAfterDays = 4;

type Episode = { missed: number | undefined; recovered: number | undefined };

/** The newest word on each trouble of each customer; truths of faults are none. */
const episodesOf = (truths: Iterable<Truth>): Map<string, Map<string, Episode>> => {
  const customers = new Map<string, Map<string, Episode>>();
  for (const truth of truths) {
    const episodes = customers.get(truth.customer_id) ?? new Map<string, Episode>();
    customers.set(truth.customer_id, episodes);
    if (truth.fault || !truth.starts_at) continue;
    episodes.set(truth.starts_at, {
      missed: truth.first_missed_payment ? timeMs(truth.first_missed_payment) : undefined,
      recovered: truth.recovers_at ? timeMs(truth.recovers_at) : undefined,
    });
  }
  return customers;
};

const labelOf = (episodes: Iterable<Episode>, asOf: number, until: number): Label => {
  let label: Label = asOf + (horizonDays + knownAfterDays) * DAY_MS <= until ? 0 : undefined;
  for (const { missed, recovered } of episodes) {
    if (missed === undefined) continue;
    if (missed <= asOf && (recovered === undefined || recovered > asOf)) return undefined;
    if (missed > asOf && missed <= asOf + horizonDays * DAY_MS) label = 1;
  }
  return label;
};

/**
 * For each customer: 1 if the first payment of a trouble is missed (is due and stays unpaid) in the
 * 30 days after `asOf`, 0 if none is; undefined if that cannot be said: the customer is in arrears
 * already, or the truths, told up to `until`, end too early. Times in ms since 1970.
 */
export const labels = (
  truths: Iterable<Truth>,
  asOf: number,
  until = Number.POSITIVE_INFINITY,
): Map<string, Label> => {
  const found = new Map<string, Label>();
  for (const [customer, episodes] of episodesOf(truths))
    found.set(customer, labelOf(episodes.values(), asOf, until));
  return found;
};
