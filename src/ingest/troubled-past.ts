import { DAY_MS } from "../rules/calendar.ts";
import type { Random } from "../rules/random.ts";
import { habits } from "./simulate/habits.ts";
import type { Journal, Movement } from "./simulate/journal.ts";
import type { Life } from "./simulate/life.ts";

const movement = (
  category: Movement["category"],
  channel: Movement["channel"],
  merchant: string | null,
): Movement => ({ category, channel, merchant });

const paydays = [110, 80, 50];
const failsFrom = 12;

/**
 * Months of a life that goes wrong, told up to a day before `now`: pay that stays away since the
 * third payday, savings and account used up, and lately payments that fail and what the bank
 * charges for them. Leaves nothing, with an instalment that falls due tomorrow.
 */
export const tellTrouble = (life: Life, now: number, random: Random, journal: Journal): void => {
  const { person } = life;
  const today = Math.floor(now / DAY_MS);
  life.current = Math.round(0.6 * person.monthly);
  life.savings = 0;
  for (let ago = paydays[0]; ago > 0; ago--) {
    const at = (hour: number) => (today - ago) * DAY_MS + Math.floor(hour * 3_600_000);
    if (paydays.includes(ago)) {
      const pay = movement("salary", "bank_transfer", person.employer);
      journal.credit(life, at(8), person.monthly, pay);
    }
    if (ago % 3 === 0) {
      const index = random.whole(0, habits.length - 2);
      const { category, channel } = habits[index];
      const what = movement(category, channel, person.spending.merchants[index][0]);
      const amount = Math.round(0.1 * person.monthly * random.between(0.8, 1.1));
      if (amount <= life.available) journal.debit(life, at(12), amount, what);
      else journal.refuse(life, at(12), amount, what);
    }
    if (ago > failsFrom || ago % 2 === 1) continue;
    const bill = random.pick(person.bills);
    const amount = Math.max(bill.amount, life.available + 100);
    journal.refuse(life, at(13), amount, movement(bill.category, "direct_debit", bill.merchant));
    const charge = movement("penalty", "internal", null);
    journal.debit(life, at(14), person.country.penalty, charge);
  }
  for (const state of life.debts) state.nextDue = today + 1;
};
