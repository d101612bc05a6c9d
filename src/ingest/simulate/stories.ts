import type { Truth } from "../../events/simulation.ts";
import type { Random } from "../../rules/random.ts";

/** What a story changes in a life on one day. */
export type Effects = {
  /** Share of the usual pay that comes on a payday. */
  readonly pay: number;
  /** Business days by which pay comes late. */
  readonly payDelay: number;
  /** Benefit that comes on a payday in place of pay, as a share of it. */
  readonly benefit: number;
  /** Factor on everyday spending. */
  readonly spending: number;
  /** Factor on how often cash is drawn. */
  readonly cash: number;
  /** Most days by which bills paid by hand are put off. */
  readonly billDelay: number;
};

export const usual: Effects = {
  pay: 1,
  payDelay: 0,
  benefit: 0,
  spending: 1,
  cash: 1,
  billDelay: 0,
};

/** How a story goes for one customer: drawn when it begins, then the same every day. */
export type Course = {
  /** Days until what caused the trouble is over. Arrears may last longer. */
  readonly days: number;
  /** Share of a month's pay that comes at once when it is over. */
  readonly relief: number;
  readonly effects: (day: number) => Effects;
};

export type Story = {
  readonly name: Truth["story"];
  /** Of 1,000 customers without trouble, how many it strikes in a month. */
  readonly monthlyPer1000: number;
  readonly begin: (random: Random) => Course;
};

/** Work ends: one last part of pay, perhaps a benefit later, then a new job. */
const jobLoss = (random: Random): Course => {
  const lastPay = random.between(0.2, 0.9);
  const lastPayUntil = random.whole(3, 14);
  const benefitFrom = random.whole(30, 55);
  const benefit = random.chance(0.6) ? random.between(0.3, 0.55) : 0;
  const noticedAfter = random.whole(5, 25);
  const leanest = random.between(0.6, 0.9);
  const cash = random.between(1, 1.8);
  return {
    days: random.whole(55, 150),
    relief: 0,
    effects: (day) => ({
      pay: day < lastPayUntil ? lastPay : 0,
      payDelay: 0,
      benefit: day >= benefitFrom ? benefit : 0,
      spending: day < noticedAfter ? 1 : Math.max(leanest, 1 - (day - noticedAfter) * 0.015),
      cash,
      billDelay: day < noticedAfter ? 0 : 12,
    }),
  };
};

/** An employer in trouble: one to three paydays come late, some not in full. */
const salaryLate = (random: Random): Course => {
  const paydays = random.whole(1, 3);
  const delay = random.whole(8, 20);
  const grows = random.chance(0.4) ? random.between(1, 1.5) : 1;
  const part = random.chance(0.35) ? random.between(0.4, 0.9) : 1;
  const billDelay = random.whole(2, 9);
  return {
    days: paydays * 30 + 10,
    relief: 0,
    effects: (day) => ({
      pay: part,
      payDelay: Math.min(22, Math.round(delay * grows ** Math.floor(day / 30))),
      benefit: 0,
      spending: day < 12 ? 1 : 0.92,
      cash: 1.15,
      billDelay,
    }),
  };
};

/** Every story that a life may take. Adding one is one entry, and its name in events. */
export const stories: readonly Story[] = [
  { name: "job_loss", monthlyPer1000: 19, begin: jobLoss },
  { name: "salary_late", monthlyPer1000: 22, begin: salaryLate },
];

/**
 * The same trouble in days rather than months: for customers without a story who are drawn for a
 * peak of the live space. Pay stops now, and comes with what was missed when it is over.
 */
export const brief = (random: Random): { story: Story; course: Course } => {
  const story = random.pick(stories);
  const long = story.begin(random);
  return {
    story,
    course: {
      days: random.whole(1, 3),
      relief: 1,
      effects: (day) => ({ ...long.effects(day + 30), pay: 0, benefit: 0 }),
    },
  };
};
