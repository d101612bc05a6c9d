import { lookAlikes, type Truth } from "../../events/simulation.ts";
import type { Random } from "../../rules/random.ts";
import type { Course } from "./course.ts";
import type { Life } from "./life.ts";
import { affords, holiday, houseMove, largePurchase, newJob } from "./look-alikes.ts";
import type { Person } from "./people.ts";
import {
  divorce,
  gamblingSpiral,
  jobLoss,
  medicalShock,
  paydayLoans,
  salaryLate,
  seasonEnd,
} from "./troubles.ts";

export type Story = {
  readonly name: Truth["story"];
  /** Of 1,000 customers whom it suits and who have no other, how many it befalls in a month. */
  readonly monthlyPer1000: number;
  /** Whether it can befall a person at all. */
  readonly suits?: (person: Person) => boolean;
  /** Whether it can befall a life as it stands. */
  readonly fits?: (life: Life) => boolean;
  /** Draws its course. What stays changed after it (an employer, a rent) changes now. */
  readonly begin: (random: Random, life: Life) => Course;
};

const salaried = (person: Person): boolean => !person.seasonal;
const coupled = (person: Person): boolean => person.household.partner !== null;
const rents = (life: Life): boolean => life.contracts.some(({ category }) => category === "rent");

/** Every story that leads towards missed payments. Adding one is one entry, and its name. */
export const risks: readonly Story[] = [
  { name: "job_loss", monthlyPer1000: 11, suits: salaried, begin: jobLoss },
  { name: "salary_late", monthlyPer1000: 13, suits: salaried, begin: salaryLate },
  { name: "medical_shock", monthlyPer1000: 6, begin: medicalShock },
  { name: "gambling_spiral", monthlyPer1000: 5, begin: gamblingSpiral },
  { name: "payday_loans", monthlyPer1000: 5, begin: paydayLoans },
  { name: "divorce", monthlyPer1000: 9, suits: coupled, begin: divorce },
  { name: "seasonal_worker", monthlyPer1000: 75, suits: (p) => p.seasonal, begin: seasonEnd },
];

/** Every story that only looks like one of them. */
export const likenesses: readonly Story[] = [
  { name: "holiday", monthlyPer1000: 26, fits: affords(0.9), begin: holiday },
  { name: "new_job", monthlyPer1000: 16, suits: salaried, fits: affords(1.2), begin: newJob },
  {
    name: "house_move",
    monthlyPer1000: 24,
    fits: (life) => rents(life) && affords(1.6)(life),
    begin: houseMove,
  },
  { name: "large_purchase", monthlyPer1000: 18, fits: affords(1.4), begin: largePurchase },
];

const names: readonly string[] = lookAlikes;
export const isLookAlike = (story: Truth["story"]): boolean => names.includes(story);

/** Which stories may befall a person, and with which chance on a day. */
export type Chances = {
  readonly risks: readonly { readonly story: Story; readonly weight: number }[];
  readonly riskPerDay: number;
  readonly likenesses: readonly { readonly story: Story; readonly weight: number }[];
  readonly likenessPerDay: number;
};

/** Who saves nothing is struck sooner. */
export const chancesOf = (person: Person): Chances => {
  const of = (stories: readonly Story[]) =>
    stories
      .filter(({ suits }) => suits?.(person) ?? true)
      .map((story) => ({ story, weight: story.monthlyPer1000 }));
  const perDay = (list: readonly { weight: number }[]) =>
    list.reduce((sum, { weight }) => sum + weight, 0) / 30_000;
  const [bad, harmless] = [of(risks), of(likenesses)];
  return {
    risks: bad,
    riskPerDay: perDay(bad) * (person.savings ? 0.6 : 1.6),
    likenesses: harmless,
    likenessPerDay: perDay(harmless),
  };
};

/**
 * The same trouble in days rather than months: for customers without a story who are drawn for a
 * peak of the live space. Pay stops now, and comes with what was missed when it is over.
 */
export const brief = (random: Random, life: Life): { story: Story; course: Course } => {
  const { story } = random.weighted(life.chances.risks);
  const long = story.begin(random, life);
  return {
    story,
    course: {
      days: random.whole(1, 3),
      peak: 0,
      relief: 1,
      effects: (day) => ({ ...long.effects(day + 30), pay: 0, benefit: 0 }),
    },
  };
};
