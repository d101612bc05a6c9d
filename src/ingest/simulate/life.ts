import { type BusinessDays, businessDaysIn } from "../../rules/business-days.ts";
import { type Random, randomOf } from "../../rules/random.ts";
import { type Course, type Effects, usual } from "./course.ts";
import { type Cadence, dayOf, isMonthDay, isPayday, nextMonthDay } from "./days.ts";
import type { Bill, Debt, Person } from "./people.ts";
import { type Chances, chancesOf, type Story } from "./stories.ts";

/** A bill that has come and is not paid yet. Days are days since 1970-01-01. */
export type OpenBill = { bill: Bill; due: number; on: number; tries: number };

/** An instalment that has fallen due and is not paid yet. */
export type Unpaid = {
  due: number;
  /** Counted as missed: the bank has given up collecting it in time. */
  missed: boolean;
  /** Paid by hand no earlier than this day. */
  byHandFrom: number;
};

export type DebtState = {
  readonly debt: Debt;
  outstanding: number;
  nextDue: number;
  unpaid: Unpaid[];
  defaulted: boolean;
};

/** The story that a customer lives through, from its first day until all arrears are paid. */
export type Trouble = {
  readonly name: Story["name"];
  /** ms since 1970 */
  readonly startsAt: number;
  readonly startDay: number;
  readonly course: Course | undefined;
  /** When it is at its worst, in ms since 1970. */
  peaksAt: number | undefined;
  /** Due day of the first payment that was missed since it began. */
  firstMissed: number | undefined;
  over: boolean;
};

/** Where a simulated person stands: all that changes. Money is in minor units. */
export class Life {
  readonly person: Person;
  readonly random: Random;
  readonly chances: Chances;
  /** When the banks of this customer's country are open. */
  readonly business: BusinessDays;
  /** Another customer of the same household who shares its fate. */
  partner: Life | undefined;
  current: number;
  savings: number;
  joint = 0;
  employer: string;
  cadence: Cadence;
  /** On each payday. */
  pay: number;
  contracts: readonly Bill[];
  /** Of the next event's id. */
  ordinal = 0;
  version = 0;
  /** Pay that is on its way. */
  readonly pays: { day: number; amount: number; category: "salary" | "benefit" }[] = [];
  bills: OpenBill[] = [];
  readonly debts: DebtState[];
  /** Penalties that the bank will book next morning. */
  penalties = 0;
  paidOn = 0;
  trouble: Trouble | undefined;
  effects: Effects = usual;
  lastPeakDay = 0;

  constructor(seed: number, person: Person, firstDay: number) {
    this.person = person;
    this.chances = chancesOf(person);
    this.business = businessDaysIn(person.country.code);
    this.employer = person.employer;
    this.cadence = person.cadence;
    this.pay = person.pay;
    this.contracts = person.bills;
    this.random = randomOf(seed, "life", person.index);
    this.current = person.cushion + neededUntilPay(person, firstDay);
    this.savings = person.openingSavings;
    this.debts = person.debts.map((debt) => ({
      debt,
      outstanding: debt.outstanding,
      nextDue: nextMonthDay(debt.day, firstDay - 1),
      unpaid: [],
      defaulted: false,
    }));
  }

  /** What can be paid from the current account. */
  get available(): number {
    return this.current + this.person.overdraft;
  }

  get inArrears(): boolean {
    return this.debts.some((state) => state.unpaid.length > 0);
  }
}

/** What falls due and is spent from a day up to the next payday. */
const neededUntilPay = (person: Person, firstDay: number): number => {
  let sum = 0;
  for (let number = firstDay; ; number++) {
    const day = dayOf(number);
    if (isPayday(person.cadence, person.cadenceShift, day, businessDaysIn(person.country.code)))
      return Math.round(sum);
    sum += person.budget / 30.4;
    for (const bill of person.bills) if (isMonthDay(bill.day, day)) sum += bill.amount;
    for (const debt of person.debts) if (isMonthDay(debt.day, day)) sum += debt.instalment;
  }
};

/** How many days an unpaid instalment is overdue; 0 when nothing is. */
export const daysPastDue = (state: DebtState, today: number): number =>
  state.unpaid.length === 0 ? 0 : Math.max(0, today - state.unpaid[0].due);
