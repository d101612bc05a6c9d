import type { Journal, Movement } from "./journal.ts";
import type { DebtState, Life, OpenBill, Unpaid } from "./life.ts";

/** What people owe: bills, and instalments of credit with what follows when one is not paid. */

/** Days after which an unpaid instalment counts as missed: two collections have failed by then. */
export const missedAfterDays = 3;
/** Days after the due day on which an automatic instalment is collected once more. */
export const collectAgainAfterDays: readonly number[] = [2, 9, 16, 30];
/** Days past due after which the bank writes the debt off. */
export const defaultedAfterDays = 90;

const loan = (channel: Movement["channel"]): Movement => ({
  category: "loan_payment",
  channel,
  merchant: "BANK_LOANS",
});

const paid = (life: Life, at: number, state: DebtState, one: Unpaid, journal: Journal): void => {
  state.unpaid = state.unpaid.filter((other) => other !== one);
  const repaid = Math.round(0.85 * state.debt.instalment);
  state.outstanding =
    state.outstanding > repaid ? state.outstanding - repaid : state.debt.outstanding;
  const outcome = one.missed ? "payment_cured" : "payment_made";
  journal.outcome(life, at, outcome, state, one.due);
  journal.profile(life, at);
};

/** The bank collects an instalment; when the money is not there, the collection fails. */
export const collect = (
  life: Life,
  at: number,
  state: DebtState,
  one: Unpaid,
  journal: Journal,
): void => {
  if (!state.unpaid.includes(one)) return;
  const { instalment } = state.debt;
  if (instalment > life.available) {
    journal.refuse(life, at, instalment, loan("direct_debit"));
    life.penalties++;
    return;
  }
  journal.debit(life, at, instalment, loan("direct_debit"));
  paid(life, at, state, one, journal);
};

/** The customer pays an instalment, if something is left to live on; once late, without credit. */
export const payByHand = (
  life: Life,
  at: number,
  state: DebtState,
  one: Unpaid,
  journal: Journal,
): void => {
  const { instalment } = state.debt;
  if (!state.unpaid.includes(one)) return;
  const money = one.missed ? life.current : life.available;
  if (money < instalment + 0.02 * life.person.monthly) return;
  journal.debit(life, at, instalment, loan("mobile"));
  paid(life, at, state, one, journal);
};

/** The bank counts the days: past due, missed, written off. Once each morning. */
export const countDays = (
  life: Life,
  at: number,
  today: number,
  state: DebtState,
  journal: Journal,
): void => {
  const oldest = state.unpaid[0];
  if (oldest === undefined) return;
  for (const one of state.unpaid) {
    if (one.missed || today - one.due < missedAfterDays) continue;
    one.missed = true;
    journal.outcome(life, at, "payment_missed", state, one.due);
    tellMissed(life, at, one.due, journal);
  }
  if (today - oldest.due === defaultedAfterDays) {
    state.defaulted = true;
    journal.outcome(life, at, "loan_defaulted", state, oldest.due);
  }
  journal.profile(life, at);
};

/** A miss without a story is an oversight: a trouble of its own that ends when it is paid. */
const tellMissed = (life: Life, at: number, due: number, journal: Journal): void => {
  life.trouble ??= {
    name: "healthy",
    startsAt: due * 86_400_000,
    startDay: due,
    course: undefined,
    peaksAt: undefined,
    firstMissed: undefined,
    over: true,
  };
  if (life.trouble.firstMissed !== undefined) return;
  life.trouble.firstMissed = due;
  journal.truth(life, at, life.trouble, false);
};

const giveUpBillAfterDays = 35;

/** A bill is paid, or its collection fails, or its payer waits for money. */
export const payBill = (
  life: Life,
  at: number,
  today: number,
  open: OpenBill,
  journal: Journal,
): void => {
  const { bill } = open;
  const done = () => {
    life.bills = life.bills.filter((other) => other !== open);
  };
  const joint = bill.automatic ? life.joint : 0;
  if (bill.amount <= joint) {
    journal.debit(life, at, bill.amount, bill, "joint");
    done();
  } else if (bill.amount <= life.available && (bill.automatic || bill.amount <= life.current)) {
    journal.debit(life, at, bill.amount, bill);
    done();
  } else if (bill.automatic) {
    journal.refuse(life, at, bill.amount, bill);
    if (bill.channel !== "card") life.penalties++;
    open.on = today + 3;
    if (++open.tries === 3) done();
  } else {
    open.on = today + life.random.whole(1, 3);
    if (today - open.due > giveUpBillAfterDays) done();
  }
};
