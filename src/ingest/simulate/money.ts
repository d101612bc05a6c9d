import type { Extra } from "./course.ts";
import type { Habit } from "./habits.ts";
import type { Journal, Movement } from "./journal.ts";
import type { Life } from "./life.ts";

/**
 * What people do with money from day to day. Each act happens at its time, on the balance that the
 * acts before it have left; whether money suffices is decided then and not when the day is planned.
 */

const own: Movement = { category: "savings", channel: "internal", merchant: null };

/** Card payments that fail though the money is there: a wrong PIN, a terminal without a line. */
const declinedByAccident = 0.003;

export const receivePay = (
  life: Life,
  at: number,
  pay: { day: number; amount: number; category: "salary" | "benefit" },
  journal: Journal,
): void => {
  const merchant = pay.category === "salary" ? life.employer : "BENEFITS_OFFICE";
  life.paidOn = pay.day;
  const what = { category: pay.category, channel: "bank_transfer", merchant } as const;
  journal.credit(life, at, pay.amount, what);
};

/** From the current account to another of the customer's, or back where `amount` is negative. */
export const moveTo = (
  pocket: "savings" | "joint",
  life: Life,
  at: number,
  amount: number,
  journal: Journal,
): void => {
  const out = amount > 0;
  const moved = out ? Math.min(amount, life.current) : Math.min(-amount, life[pocket]);
  if (moved <= 0) return;
  journal.debit(life, at, moved, own, out ? "current" : pocket);
  journal.credit(life, at, moved, own, out ? pocket : "current");
};

/** What a story brings on a day, as its kind says. */
export const moveExtra = (life: Life, at: number, extra: Extra, journal: Journal): void => {
  const { kind, what } = extra;
  const { note } = life.person.country;
  const amount = Math.max(50, Math.round(extra.share * life.person.monthly));
  if (kind === "in") {
    journal.credit(life, at, amount, what);
    return;
  }
  if (kind === "planned" && amount > life.current) {
    const lacking = Math.ceil((amount - life.current) / note) * note;
    moveTo("savings", life, at, -lacking, journal);
  }
  if (amount <= life.available) journal.debit(life, at, amount, what);
  else if (kind === "tried") journal.refuse(life, at, amount, what);
};

/** What the bank charges for payments that it had to return. It is booked in any case. */
export const bookPenalties = (life: Life, at: number, count: number, journal: Journal): void => {
  const what = { category: "penalty", channel: "internal", merchant: null } as const;
  for (let n = 0; n < count; n++) journal.debit(life, at, life.person.country.penalty, what);
};

/** A purchase, or not: what is dispensable is given up when money is short. */
export const spend = (
  life: Life,
  at: number,
  habit: Habit,
  merchant: string,
  amount: number,
  journal: Journal,
): void => {
  const { person, random } = life;
  const short = life.current < 0.12 * person.monthly;
  if (short && habit.dispensable && random.chance(person.thrift)) return;
  const looked = random.unit();
  const what: Movement = { category: habit.category, channel: habit.channel, merchant };
  if (amount > life.available) {
    if (looked < 0.2 + 0.5 * (1 - person.thrift)) journal.refuse(life, at, amount, what);
    return;
  }
  if (looked < declinedByAccident) journal.refuse(life, at, amount, what);
  else if (habit.channel === "atm") journal.debit(life, at, amount, what);
  else journal.buy(life, at, amount, what);
};
