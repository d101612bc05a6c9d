import type { Random } from "./random.ts";
import { type Interval, proportion, quantile } from "./statistics.ts";

/** A group of rows with scores near each other: what was expected of it, and what came. */
export type CalibrationGroup = {
  readonly rows: number;
  readonly lowest: number;
  readonly highest: number;
  /** The mean score: the share of ones that was to be expected. */
  readonly expected: number;
  readonly ones: number;
  /** The share of ones that came, with Wilson's interval. */
  readonly observed: Interval;
};

const byScore = (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, row) => row).sort((a, b) => scores[a] - scores[b] || a - b);

/** Rows in so many groups of the same size by rising score; fewer rows make fewer groups. */
export const calibrationTable = (
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: number,
): CalibrationGroup[] => {
  const order = byScore(scores);
  const made: CalibrationGroup[] = [];
  for (let group = 0; group < groups; group++) {
    const from = Math.round((group * order.length) / groups);
    const rows = order.slice(from, Math.round(((group + 1) * order.length) / groups));
    const ones = rows.filter((row) => labels[row] === 1).length;
    const observed = proportion(ones, rows.length);
    if (observed === undefined) continue;
    made.push({
      rows: rows.length,
      lowest: scores[rows[0]],
      highest: scores[rows[rows.length - 1]],
      expected: rows.reduce((sum, row) => sum + scores[row], 0) / rows.length,
      ones,
      observed,
    });
  }
  return made;
};

/**
 * How many times as many ones the highest scores hold as all rows do. The interval is Wilson's of
 * their share, over the share of all, which is taken as known. Undefined without ones.
 */
export const liftAt = (
  share: number,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): { rows: number; ones: number; lift: Interval } | undefined => {
  const order = byScore(scores).reverse();
  const rows = order.slice(0, Math.round(order.length * share));
  const all = order.filter((row) => labels[row] === 1).length / order.length;
  const ones = rows.filter((row) => labels[row] === 1).length;
  const within = proportion(ones, rows.length);
  if (!(all > 0) || within === undefined) return undefined;
  const { value, low, high } = within;
  return {
    rows: rows.length,
    ones,
    lift: { value: value / all, low: low / all, high: high / all },
  };
};

/**
 * An interval of 95 % by drawing so many units again, with replacement (Efron 1979, percentiles).
 * `of` is the statistic of the units with the given places; draws of which it is NaN are left out.
 * Undefined when it is NaN of all units.
 */
export const bootstrap = (
  units: number,
  of: (places: ArrayLike<number>) => number,
  random: Random,
  draws = 1_000,
): Interval | undefined => {
  const value = of(Uint32Array.from({ length: units }, (_, place) => place));
  if (units === 0 || Number.isNaN(value)) return undefined;
  const found: number[] = [];
  const places = new Uint32Array(units);
  for (let draw = 0; draw < draws; draw++) {
    for (let n = 0; n < units; n++) places[n] = random.whole(0, units - 1);
    const drawn = of(places);
    if (!Number.isNaN(drawn)) found.push(drawn);
  }
  return { value, low: quantile(found, 0.025), high: quantile(found, 0.975) };
};

/**
 * Events for each unit of exposure, over units that are drawn again. Where there were none, drawing
 * again says nothing: then the upper end is Poisson's exact one (Garwood 1936). Undefined without
 * exposure.
 */
export const rate = (
  units: readonly { readonly events: number; readonly exposure: number }[],
  random: Random,
): Interval | undefined => {
  const of = (places: ArrayLike<number>): number => {
    let [events, exposure] = [0, 0];
    for (let n = 0; n < places.length; n++) {
      events += units[places[n]].events;
      exposure += units[places[n]].exposure;
    }
    return events / exposure;
  };
  const found = bootstrap(units.length, of, random);
  if (found === undefined || found.value > 0) return found;
  const exposure = units.reduce((sum, unit) => sum + unit.exposure, 0);
  return { value: 0, low: 0, high: -Math.log(0.025) / exposure };
};

/** The difference of two shares from different rows, by Newcombe's (1998) hybrid of Wilson's. */
export const difference = (a: Interval, b: Interval): Interval => {
  const value = a.value - b.value;
  const down = Math.hypot(a.value - a.low, b.high - b.value);
  const up = Math.hypot(a.high - a.value, b.value - b.low);
  return { value, low: Math.max(-1, value - down), high: Math.min(1, value + up) };
};
