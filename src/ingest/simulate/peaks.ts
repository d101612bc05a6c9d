import { type Random, randomOf } from "../../rules/random.ts";
import { dayNumberOf } from "./days.ts";
import { collect } from "./dues.ts";
import { habits } from "./habits.ts";
import type { Intent, Journal, Movement } from "./journal.ts";
import type { Life } from "./life.ts";
import { moveTo } from "./money.ts";
import { begin } from "./plan.ts";
import { brief, isLookAlike, type Story } from "./stories.ts";

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
  if (trouble && isLookAlike(trouble.name)) return undefined;
  const next = life.debts.reduce((a, b) => (a.nextDue <= b.nextDue ? a : b));
  const cushion = (life.current + life.savings - next.debt.instalment) / person.monthly;
  const soon = Math.max(0, 1 - (next.nextDue - today) / 15);
  const unpaid = Math.min(2, (today - life.paidOn) / 20);
  return (trouble ? 1 : 0) + unpaid + 2.5 * soon + (cushion > 0 && cushion < 1 ? 0.7 : 0);
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
    const { trouble } = life;
    if (trouble) {
      trouble.peaksAt = at;
      journal.truth(life, at, trouble, false);
      comeToHead(life, trouble.name, at, random, later);
      return;
    }
    const { story, course } = brief(random, life);
    begin(life, at, today, story, journal, course);
    comeToHead(life, story.name, at, random, later);
  },
});

const what = (
  category: Movement["category"],
  channel: Movement["channel"],
  merchant: string | null,
): Movement => ({ category, channel, merchant });

/** On what the last of the money goes; rent where the story says nothing else. */
const lastSpent: Partial<Record<Story["name"], Movement>> = {
  gambling_spiral: what("gambling", "online", "BETTING_0001"),
  medical_shock: what("health", "card", "CLINIC_0001"),
  payday_loans: what("loan_payment", "direct_debit", "PAYDAY_LENDER_0001"),
  divorce: what("other", "bank_transfer", "LAWYER_0001"),
};

/** Savings go first, then the account is emptied, and one payment after the other fails. */
const comeToHead = (
  life: Life,
  story: Story["name"],
  at: number,
  random: Random,
  later: (intent: Intent) => void,
): void => {
  const { person } = life;
  const { penalty, note } = person.country;
  const beyond = (share: number) =>
    Math.round(Math.max(0, life.available) + share * person.monthly);
  const groceries = person.spending.merchants[0][0];
  const atm = person.spending.merchants[habits.length - 1][0];
  const bill = person.bills.find((one) => one.category === "utilities") ?? person.bills[0];
  const acts: ((journal: Journal, when: number) => void)[] = [
    (journal, when) => moveTo("savings", life, when, -life.savings, journal),
    (journal, when) => moveTo("joint", life, when, -life.joint, journal),
    (journal, when) => {
      const emptied = Math.floor(life.current + person.overdraft * random.between(0.5, 0.95));
      const spent = lastSpent[story] ?? what("rent", "bank_transfer", null);
      if (emptied > 0) journal.debit(life, when, emptied, spent);
    },
    (journal, when) =>
      journal.refuse(life, when, beyond(0.03), what("groceries", "pos", groceries)),
    (journal, when) => {
      const amount = Math.max(bill.amount, beyond(0.01));
      journal.refuse(life, when, amount, what(bill.category, "direct_debit", bill.merchant));
    },
    (journal, when) => journal.debit(life, when, penalty, what("penalty", "internal", null)),
    (journal, when) => {
      const open = life.debts.flatMap((state) => state.unpaid.map((one) => ({ state, one })))[0];
      if (open) collect(life, when, open.state, open.one, journal);
      else journal.refuse(life, when, beyond(0.02), what("insurance", "direct_debit", null));
    },
    (journal, when) => journal.debit(life, when, penalty, what("penalty", "internal", null)),
    (journal, when) => {
      const amount = Math.ceil(beyond(0.02) / note) * note;
      journal.refuse(life, when, amount, what("cash", "atm", atm));
    },
  ];
  acts.forEach((run, n) => {
    const when = at + n * random.whole(5, 7) * 1_000;
    later({ at: when, run: (journal) => run(journal, when) });
  });
};
