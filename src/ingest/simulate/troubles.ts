import type { Random } from "../../rules/random.ts";
import { Agenda, type Course, movement, usual } from "./course.ts";
import type { Life } from "./life.ts";

/** The stories that lead towards missed payments, each as it goes for one customer. */

/** Work ends: one last part of pay, perhaps a benefit later, then a new job. */
export const jobLoss = (random: Random): Course => {
  const lastPay = random.between(0.2, 0.9);
  const lastPayUntil = random.whole(3, 14);
  const benefitFrom = random.whole(30, 55);
  const benefit = random.chance(0.6) ? random.between(0.3, 0.55) : 0;
  const noticedAfter = random.whole(5, 25);
  const leanest = random.between(0.6, 0.9);
  const cash = random.between(1, 1.8);
  const days = random.whole(55, 150);
  return {
    days,
    peak: benefit > 0 ? benefitFrom : days - 1,
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

const longestDelay = 22;

/**
 * An employer in trouble: pay comes some days late, then later from payday to payday, in the end
 * perhaps not in full. People hear of it and are careful, and put off what can be put off.
 */
export const salaryLate = (random: Random, life: Life): Course => {
  const period = life.cadence.kind === "monthly" ? 30 : life.cadence.days;
  const paydays = random.whole(3, period < 20 ? 6 : 4);
  const first = random.whole(3, 7);
  const more = random.between(5, 11);
  const partFrom = random.chance(0.6) ? random.whole(1, 2) : paydays;
  const part = random.between(0.3, 0.7);
  const billDelay = random.whole(3, 9);
  const turn = (day: number) => Math.floor(day / period);
  return {
    days: paydays * period + 5,
    peak: (paydays - 1) * period,
    relief: 0,
    effects: (day) => ({
      pay: turn(day) >= partFrom ? part : 1,
      payDelay: Math.min(longestDelay, Math.round(first + more * turn(day))),
      benefit: 0,
      spending: day < 12 ? 1 : 0.94,
      cash: 1.15,
      billDelay: turn(day) > 0 ? billDelay : 2,
    }),
  };
};

/** Illness: bills for treatment, and sick pay, then a benefit, in place of pay. */
export const medicalShock = (random: Random): Course => {
  const days = random.whole(50, 130);
  const sickPay = random.between(0.5, 0.85);
  const benefitFrom = random.whole(28, 50);
  const benefit = random.between(0.4, 0.6);
  const clinic = `CLINIC_${String(random.whole(1, 200)).padStart(4, "0")}`;
  const agenda = new Agenda();
  const treated = random.whole(3, 18);
  agenda.add(treated, {
    kind: "planned",
    what: movement("health", "card", clinic),
    share: random.between(0.25, 0.8),
    hour: random.between(9, 16),
  });
  for (let day = 0; day < days; day += random.whole(1, day < 40 ? 4 : 9))
    agenda.add(day, {
      kind: "tried",
      what: movement("health", "pos", random.chance(0.7) ? "PHARMACY_0001" : clinic),
      share: 0.012 * Math.exp(0.7 * random.normal()),
      hour: random.between(8, 18),
    });
  return {
    days,
    peak: Math.min(days - 1, benefitFrom),
    relief: 0,
    agenda,
    effects: (day) => ({
      ...usual,
      pay: day < 7 ? 1 : day < benefitFrom ? sickPay : 0,
      benefit: day < benefitFrom ? 0 : benefit,
      spending: 0.85,
      billDelay: 8,
    }),
  };
};

/** Bets that grow in number and size, most of them at night and after pay, until money is out. */
export const gamblingSpiral = (random: Random): Course => {
  const days = random.whole(60, 140);
  const site = `BETTING_${String(random.whole(1, 40)).padStart(4, "0")}`;
  const stake = random.between(0.008, 0.02);
  const agenda = new Agenda();
  for (let day = 0; day < days; day++) {
    const depth = Math.min(1, day / 50);
    const bets = random.poisson(0.25 + 1.9 * depth);
    for (let n = 0; n < bets; n++) {
      const share = stake * (1 + 3 * depth) * Math.exp(0.6 * random.normal());
      const hour = 19 + 4.9 * random.unit();
      const what = movement("gambling", "online", site);
      agenda.add(day, { kind: "tried", what, share, hour });
      // A win now and then, soon staked again.
      if (random.chance(0.12))
        agenda.add(day + 1, { kind: "in", what, share: 1.5 * share, hour: 10 + random.unit() });
    }
  }
  return {
    days,
    peak: Math.min(days - 1, 50 + random.whole(0, 20)),
    relief: 0,
    agenda,
    effects: (day) => ({
      ...usual,
      spending: day < 30 ? 1 : 0.85,
      cash: 1 + Math.min(2, day / 25),
      billDelay: day < 30 ? 3 : 12,
    }),
  };
};

/** Short, dear loans, spent on what is owed elsewhere, paid back with the next, larger one. */
export const paydayLoans = (random: Random): Course => {
  const agenda = new Agenda();
  let share = random.between(0.1, 0.22);
  let day = random.whole(1, 6);
  const loans = random.whole(3, 6);
  for (let n = 0; n < loans; n++) {
    const lender = `PAYDAY_LENDER_${String(random.whole(1, 25)).padStart(4, "0")}`;
    const term = random.whole(14, 24);
    const lent = movement("lending", "bank_transfer", lender);
    const spent = movement("transfer", "mobile", "PRIVATE_CREDITOR");
    const back = movement("loan_payment", "direct_debit", lender);
    agenda.add(day, { kind: "in", what: lent, share, hour: random.between(9, 20) });
    agenda.add(day, { kind: "out", what: spent, share: 0.8 * share, hour: 21 });
    agenda.add(day + term, { kind: "tried", what: back, share: 1.3 * share, hour: 6.1 });
    agenda.add(day + term + 2, { kind: "tried", what: back, share: 0.06, hour: 6.1 });
    day += term - random.whole(0, 6);
    share *= random.between(1.2, 1.5);
  }
  const days = day + 30;
  return {
    days,
    peak: day,
    relief: 0,
    agenda,
    effects: () => ({ ...usual, spending: 1.22, cash: 1.5, billDelay: 9 }),
  };
};

/** A household breaks up: lawyers, a second home to furnish, and a partner's share that ends. */
export const divorce = (random: Random, life: Life): Course => {
  const days = random.whole(90, 170);
  const lawyer = `LAWYER_${String(random.whole(1, 150)).padStart(4, "0")}`;
  const pays = random.chance(0.5);
  const support = random.between(0.08, 0.2);
  const agenda = new Agenda();
  const bill = movement("other", "bank_transfer", lawyer);
  for (let day = random.whole(5, 15); day < days; day += random.whole(22, 40)) {
    const share = random.between(0.1, 0.35);
    agenda.add(day, { kind: "planned", what: bill, share, hour: random.between(9, 20) });
  }
  const home = movement("household", "card", `FURNITURE_${random.whole(1, 60)}`);
  for (let n = random.whole(3, 6), day = random.whole(15, 40); n > 0; n--, day += 4)
    agenda.add(day, { kind: "out", what: home, share: random.between(0.05, 0.2), hour: 14 });
  const rent = movement("rent", "standing_order", "LANDLORD_0002");
  const children = movement("transfer", "standing_order", life.person.household.partner);
  for (let day = random.whole(25, 45); day < days; day += 30) {
    agenda.add(day, { kind: "tried", what: rent, share: random.between(0.15, 0.22), hour: 6.2 });
    if (pays) agenda.add(day + 2, { kind: "tried", what: children, share: support, hour: 6.2 });
  }
  return {
    days,
    peak: Math.floor(days / 2),
    relief: 0,
    agenda,
    effects: (day) => ({ ...usual, spending: 1.05, cash: 1.2, billDelay: day < 20 ? 3 : 10 }),
  };
};

/** A season ends: fewer hours, then no work until the next, and a benefit that is not enough. */
export const seasonEnd = (random: Random): Course => {
  const fading = random.whole(15, 35);
  const hours = random.between(0.4, 0.75);
  const idle = random.whole(55, 110);
  const benefit = random.chance(0.7) ? random.between(0.25, 0.45) : 0;
  const careful = random.between(0.65, 0.95);
  return {
    days: fading + idle,
    peak: fading + Math.floor(idle / 2),
    relief: 0,
    effects: (day) => ({
      pay: day < fading ? hours : 0,
      payDelay: 0,
      benefit: day < fading + 20 ? 0 : benefit,
      spending: day < fading ? 1 : careful,
      cash: 1.2,
      billDelay: day < fading ? 2 : 9,
    }),
  };
};
