import type { Transaction } from "../../events/transaction.ts";
import type { Random } from "../../rules/random.ts";

/** A kind of everyday spending. Adding one is one entry. */
export type Habit = {
  readonly category: Transaction["category"];
  readonly channel: Transaction["channel"];
  /** How many a day, for the average person. */
  readonly perDay: number;
  /** Share of what is spent beyond bills. */
  readonly share: number;
  /** Spread of the amounts: deviation of their logarithm. */
  readonly spread: number;
  /** Local hours in which it happens. */
  readonly hours: readonly [number, number];
  /** Whether it is given up first when money is short. */
  readonly dispensable: boolean;
};

const habit = (
  category: Habit["category"],
  channel: Habit["channel"],
  rate: readonly [perDay: number, share: number, spread: number],
  hours: readonly [number, number],
  dispensable: boolean,
): Habit => ({
  category,
  channel,
  perDay: rate[0],
  share: rate[1],
  spread: rate[2],
  hours,
  dispensable,
});

export const habits: readonly Habit[] = [
  habit("groceries", "pos", [0.8, 0.34, 0.6], [8, 21], false),
  habit("dining", "pos", [0.48, 0.12, 0.5], [11, 23], true),
  habit("transport", "mobile", [0.38, 0.09, 0.6], [6, 20], false),
  habit("shopping", "pos", [0.22, 0.13, 0.8], [9, 20], true),
  habit("online_shopping", "online", [0.24, 0.12, 0.8], [8, 24], true),
  habit("entertainment", "online", [0.16, 0.05, 0.5], [16, 24], true),
  habit("health", "pos", [0.08, 0.04, 0.7], [8, 18], false),
  habit("household", "pos", [0.06, 0.03, 0.8], [9, 19], true),
  habit("cash", "atm", [0.15, 0.08, 0.4], [8, 22], false),
];

/** How one person spends: which habits how often, how much at a time, and where. */
export type Spending = {
  /** Purchases on an average day. */
  readonly perDay: number;
  /** Index into `habits`, in proportion to how often this person does each. */
  readonly draw: Uint8Array;
  /** Median amount of each habit, in minor units. */
  readonly median: Float64Array;
  /** Merchants that this person goes to, by habit. */
  readonly merchants: readonly (readonly string[])[];
};

const drawSize = 64;
const favourites = 5;
const merchantsPerHabit = 120;

export const merchantId = (number: number): string => `MERCHANT_${String(number).padStart(4, "0")}`;

/** A person's own spending on a budget of `budget` minor units a month. */
export const spendingOf = (random: Random, budget: number, countryIndex: number): Spending => {
  const liking = habits.map(() => Math.exp(0.35 * random.normal()));
  const often = habits.map((h, i) => h.perDay * liking[i]);
  const perDay = often.reduce((sum, x) => sum + x, 0);
  const shares = habits.map((h, i) => h.share * liking[i]);
  const allShares = shares.reduce((sum, x) => sum + x, 0);
  const draw = new Uint8Array(drawSize);
  let filled = 0;
  let reached = 0;
  for (let i = 0; i < habits.length; i++) {
    reached += often[i];
    const end = i === habits.length - 1 ? drawSize : Math.round((reached / perDay) * drawSize);
    draw.fill(i, filled, end);
    filled = Math.max(filled, end);
  }
  const pace = Math.exp(0.25 * random.normal());
  const median = Float64Array.from(habits, (h, i) => {
    const monthly = (budget * shares[i]) / allShares;
    const times = pace * (drawn(draw, i) / drawSize) * perDay * 30.4;
    return times === 0 ? 0 : monthly / times / Math.exp((h.spread * h.spread) / 2);
  });
  const merchants = habits.map((h, i) =>
    Array.from({ length: favourites }, () =>
      h.category === "cash"
        ? `ATM_${String(countryIndex * 100 + random.whole(1, 99)).padStart(4, "0")}`
        : merchantId((countryIndex * habits.length + i) * merchantsPerHabit + random.whole(1, 120)),
    ),
  );
  return { perDay: perDay * pace, draw, median, merchants };
};

const drawn = (draw: Uint8Array, habitIndex: number): number =>
  draw.reduce((count, index) => count + (index === habitIndex ? 1 : 0), 0);
