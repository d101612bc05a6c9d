import type { Truth } from "../../events/simulation.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { bootstrap, difference, rate } from "../../rules/evaluation.ts";
import { randomOf } from "../../rules/random.ts";
import { type Interval, proportion, quantile } from "../../rules/statistics.ts";

/** What befell a simulated customer, as the simulator knows it. Times in ms since 1970. */
export type Tale = {
  readonly customer_id: string;
  readonly story: Truth["story"];
  readonly isLookAlike: boolean;
  readonly startsAt: number;
  /** When the first payment was missed; undefined: none was. */
  readonly missedAt: number | undefined;
};

/** One seed's people while they were watched: from the end of the warm-up until the end. */
export type Watch = {
  readonly from: number;
  readonly until: number;
  readonly customers: readonly string[];
  readonly tales: readonly Tale[];
  /** The times at which each customer's score was HIGH or above, rising. */
  readonly flags: ReadonlyMap<string, readonly number[]>;
};

export type StoryFigures = {
  readonly story: string;
  /** How often it began while customers were watched. */
  readonly begun: number;
  /** Of these, those that say something: see `warnings`. */
  readonly counted: number;
  readonly flagged: Interval | null;
  /** Median days from the first flag to the missed payment. */
  readonly leadDays: Interval | null;
};

export type WarningFigures = {
  readonly stories: readonly StoryFigures[];
  readonly allRisks: StoryFigures;
  readonly allLookAlikes: StoryFigures;
  /** Share of risks flagged less that of look-alikes. */
  readonly gap: Interval | null;
  readonly healthy: number;
  readonly healthyMonths: number;
  /** Per 1,000 customers without any story and month. */
  readonly falseAlarms: Interval | null;
};

/** So long a story that only looks risky is watched for a flag. */
export const lookAlikeDays = 60;
/** A flag after so many quiet days is a new alarm, as the contact policy ends an episode. */
export const quietDays = 14;
const monthDays = 30.4375;

type Outcome = { readonly tale: Tale; readonly lead: number | undefined };

/** Whether and how long before the miss it was flagged; undefined where it says nothing. */
const outcomeOf = (tale: Tale, { from, until, flags }: Watch): Outcome | undefined => {
  const { startsAt, missedAt, isLookAlike, customer_id } = tale;
  if (startsAt < from) return undefined;
  const end = isLookAlike ? startsAt + lookAlikeDays * DAY_MS : missedAt;
  if (end === undefined || end > until || (isLookAlike && missedAt !== undefined)) return undefined;
  const first = flags.get(customer_id)?.find((at) => at >= startsAt && at < end);
  return { tale, lead: first === undefined ? undefined : (end - first) / DAY_MS };
};

/** Fewer leads than these have no median to speak of. */
const fewestLeads = 5;

const medianOf = (leads: readonly number[], name: string): Interval | null => {
  if (leads.length < fewestLeads) return null;
  const of = (places: ArrayLike<number>): number =>
    quantile(
      Array.from(places, (place) => leads[place]),
      0.5,
    );
  return bootstrap(leads.length, of, randomOf("median lead", name)) ?? null;
};

const figuresOf = (story: string, begun: number, outcomes: readonly Outcome[]): StoryFigures => {
  const leads = outcomes.flatMap(({ lead }) => (lead === undefined ? [] : [lead]));
  const risks = outcomes.some(({ tale }) => !tale.isLookAlike);
  return {
    story,
    begun,
    counted: outcomes.length,
    flagged: proportion(leads.length, outcomes.length) ?? null,
    leadDays: risks ? medianOf(leads, story) : null,
  };
};

/** How often flags of a customer follow so many quiet days. */
export const alarmsOf = (flags: readonly number[], from: number, until: number): number => {
  let [alarms, last] = [0, Number.NEGATIVE_INFINITY];
  for (const at of flags) {
    if (at >= from && at < until && at - last > quietDays * DAY_MS) alarms++;
    last = at;
  }
  return alarms;
};

const falseAlarmsOf = (watches: readonly Watch[]) => {
  const lives = watches.flatMap(({ customers, tales, flags, from, until }) => {
    const told = new Set(tales.map(({ customer_id }) => customer_id));
    const months = (until - from) / (monthDays * DAY_MS);
    return customers
      .filter((id) => !told.has(id))
      .map((id) => ({
        events: alarmsOf(flags.get(id) ?? [], from, until),
        exposure: months / 1_000,
      }));
  });
  return {
    healthy: lives.length,
    healthyMonths: 1_000 * lives.reduce((sum, { exposure }) => sum + exposure, 0),
    falseAlarms: rate(lives, randomOf("false alarms")) ?? null,
  };
};

/**
 * What the flags were worth. A story of risk counts if it began while watched and a payment was
 * missed in it: flagged is a HIGH score or above from its start to before that miss. One that only
 * looks risky counts if it was watched for 60 days and no payment was missed: flagged is a HIGH
 * score in these. A false alarm is a flag after 14 quiet days of a customer without any story.
 */
export const warnings = (watches: readonly Watch[]): WarningFigures => {
  const begun = watches.flatMap((watch) =>
    watch.tales.filter(({ startsAt }) => startsAt >= watch.from),
  );
  const outcomes = watches.flatMap((watch) =>
    watch.tales.flatMap((tale) => outcomeOf(tale, watch) ?? []),
  );
  const of = (name: string, is: (tale: Tale) => boolean): StoryFigures =>
    figuresOf(
      name,
      begun.filter(is).length,
      outcomes.filter(({ tale }) => is(tale)),
    );
  const names = [
    ...new Set(
      begun
        .toSorted((a, b) => Number(a.isLookAlike) - Number(b.isLookAlike))
        .map(({ story }) => story),
    ),
  ];
  const allRisks = of("all risks", ({ isLookAlike }) => !isLookAlike);
  const allLookAlikes = of("all look-alikes", ({ isLookAlike }) => isLookAlike);
  const both = allRisks.flagged && allLookAlikes.flagged;
  return {
    stories: names.map((name) => of(name, ({ story }) => story === name)),
    allRisks,
    allLookAlikes,
    gap: both ? difference(allRisks.flagged, allLookAlikes.flagged) : null,
    ...falseAlarmsOf(watches),
  };
};
