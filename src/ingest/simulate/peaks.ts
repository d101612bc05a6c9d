import { type Random, randomOf } from "../../rules/random.ts";
import { dayNumberOf } from "./days.ts";
import { collect } from "./dues.ts";
import type { Journal, Movement } from "./journal.ts";
import type { Life } from "./life.ts";
import { begin, type Intent } from "./plan.ts";
import { brief } from "./stories.ts";

/**
 * A stretch of real time in which the simulator ran: from when history was told up to when it
 * stopped (the time of the last event it wrote), or without an end while it runs.
 */
export type Stretch = { readonly from: number; readonly to: number | undefined };

const first = { count: 30, afterMs: 20_000, everyMs: 60_000 };
const laterEveryMs = 600_000;

/** When a story comes to a head: each minute for half an hour, then every ten minutes. */
export const peakTimes = function* (stretch: Stretch): Generator<number> {
  const end = stretch.to ?? Number.POSITIVE_INFINITY;
  let at = stretch.from + first.afterMs;
  for (let n = 1; at <= end; n++) {
    yield Math.ceil(at / 1_000) * 1_000;
    at += n < first.count ? first.everyMs : laterEveryMs;
  }
};

const triesPerPeak = 60;
const daysBetweenPeaks = 5;

/** How near a life is to its trouble coming to a head; undefined: it may not be drawn. */
const ripeness = (life: Life, today: number): number | undefined => {
  const { trouble, person } = life;
  if (today - life.lastPeakDay < daysBetweenPeaks || life.inArrears) return undefined;
  if (trouble && (trouble.over || trouble.firstMissed !== undefined)) return undefined;
  const cushion = (life.current + life.savings) / person.monthly;
  const dueToday = life.debts.some((state) => state.nextDue - today <= 1) ? 0.5 : 0;
  return (trouble ? 10 : 0) + dueToday - cushion;
};

/** Draws the customer whose peak it is: sooner one whose story has been brewing for a while. */
const draw = (random: Random, lives: readonly Life[], today: number): Life | undefined => {
  let best: Life | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < triesPerPeak; n++) {
    const life = random.pick(lives);
    const ripe = ripeness(life, today);
    if (ripe === undefined || ripe <= most) continue;
    best = life;
    most = ripe;
  }
  return best;
};

/** The peak at a time: who is drawn, and what happens to them within the minute. */
export const peak = (
  seed: number,
  at: number,
  lives: readonly Life[],
  later: (intent: Intent) => void,
): Intent => ({
  at,
  run: (journal) => {
    const random = randomOf(seed, "peak", at);
    const today = dayNumberOf(at);
    const life = draw(random, lives, today);
    if (!life) return;
    life.lastPeakDay = today;
    if (!life.trouble) {
      const { story, course } = brief(random);
      begin(life, at, today, story, journal, course);
    }
    comeToHead(life, at, random, later);
  },
});

const what = (
  category: Movement["category"],
  channel: Movement["channel"],
  merchant: string | null,
): Movement => ({ category, channel, merchant });

/** The account is emptied, payments fail one after the other, and the bank charges for them. */
const comeToHead = (
  life: Life,
  at: number,
  random: Random,
  later: (intent: Intent) => void,
): void => {
  const { person } = life;
  const beyond = (share: number) =>
    Math.round(Math.max(0, life.available) + share * person.monthly);
  const groceries = person.spending.merchants[0][0];
  const bill = person.bills.find((one) => one.category === "utilities") ?? person.bills[0];
  let seconds = 0;
  const then = (run: (journal: Journal, when: number) => void): void => {
    const when = at + seconds * 1_000;
    later({ at: when, run: (journal) => run(journal, when) });
    seconds += random.whole(6, 10);
  };
  then((journal, when) => {
    const drained = Math.floor(life.current + person.overdraft * random.between(0.3, 0.9));
    if (drained > 0)
      journal.debit(life, when, drained, what("transfer", "bank_transfer", "LANDLORD"));
  });
  then((journal, when) =>
    journal.refuse(life, when, beyond(0.03), what("groceries", "pos", groceries)),
  );
  then((journal, when) =>
    journal.refuse(
      life,
      when,
      Math.max(bill.amount, beyond(0.01)),
      what(bill.category, "direct_debit", bill.merchant),
    ),
  );
  then((journal, when) => {
    const open = life.debts.flatMap((state) => state.unpaid.map((one) => ({ state, one })))[0];
    if (open) collect(life, when, open.state, open.one, journal);
    else journal.refuse(life, when, beyond(0.02), what("insurance", "direct_debit", bill.merchant));
  });
  then((journal, when) => {
    const amount = person.country.penalty;
    journal.debit(life, when, amount, what("penalty", "internal", null));
  });
  then((journal, when) => {
    const { note } = person.country;
    const amount = Math.ceil(beyond(0.02) / note) * note;
    journal.refuse(life, when, amount, what("cash", "atm", person.spending.merchants[8][0]));
  });
};
