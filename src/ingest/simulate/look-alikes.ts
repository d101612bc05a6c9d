import type { Random } from "../../rules/random.ts";
import { Agenda, type Course, movement, usual } from "./course.ts";
import type { Life } from "./life.ts";

/**
 * Stories that look like trouble from outside: money goes, savings fall, pay stays away. They
 * befall people who can afford it, and end as they were meant to.
 */

const months = (life: Life): number => (life.current + life.savings) / life.person.monthly;

export const affords =
  (least: number) =>
  (life: Life): boolean =>
    months(life) >= least;

/** Weeks away: booked ahead, dear while they last, with a card that is refused abroad. */
export const holiday = (random: Random, life: Life): Course => {
  const away = random.whole(12, 35);
  const length = random.whole(6, 18);
  const money = months(life);
  const agenda = new Agenda()
    .add(0, {
      kind: "planned",
      what: movement("travel", "online", `AIRLINE_${random.whole(1, 30)}`),
      share: Math.min(0.25 * money, random.between(0.1, 0.3)),
      hour: 19 + 3 * random.unit(),
    })
    .add(away, {
      kind: "planned",
      what: movement("travel", "card", `HOTEL_${random.whole(1, 300)}`),
      share: Math.min(0.25 * money, random.between(0.1, 0.35)),
      hour: 15,
    });
  for (let day = away; day < away + length; day++)
    for (let n = random.poisson(1.6); n > 0; n--)
      agenda.add(day, {
        kind: "planned",
        what: movement(random.chance(0.6) ? "dining" : "entertainment", "card", "ABROAD"),
        share: 0.012 * Math.exp(0.5 * random.normal()),
        hour: random.between(10, 23),
      });
  return {
    days: away + length + 3,
    peak: away + length - 1,
    relief: 0,
    agenda,
    effects: (day) =>
      day < away || day >= away + length ? usual : { ...usual, spending: 1.1, cash: 3 },
  };
};

/** Another employer, on another payday: the old pay ends, the new one begins weeks later. */
export const newJob = (random: Random, life: Life): Course => {
  const old = life.employer;
  const begins = random.whole(10, 30);
  const next = `EMPLOYER_${String(5_000 + random.whole(1, 900)).padStart(4, "0")}`;
  const raise = random.between(1, 1.25);
  const agenda = new Agenda().add(random.whole(2, 9), {
    kind: "in",
    what: movement("salary", "bank_transfer", old),
    share: random.between(0.4, 0.9),
    hour: 8,
  });
  life.employer = next;
  life.pay = Math.round(life.pay * raise);
  if (life.cadence.kind === "monthly") {
    const day = [15, 25, 28, 31].filter((one) => one !== (life.cadence as { day: number }).day);
    life.cadence = { kind: "monthly", day: random.pick(day) };
  }
  return {
    days: begins + 30,
    peak: begins,
    relief: 0,
    agenda,
    effects: (day) => ({ ...usual, pay: day < begins ? 0 : 1, spending: 0.97 }),
  };
};

/** A new home: deposit, movers, furniture, two rents for a while; the old deposit comes back. */
export const houseMove = (random: Random, life: Life): Course => {
  const old = life.contracts.find((bill) => bill.category === "rent");
  const moves = random.whole(14, 30);
  const rent = (old?.amount ?? 0) / life.person.monthly;
  const landlord = `LANDLORD_${random.whole(10, 900)}`;
  const agenda = new Agenda()
    .add(2, {
      kind: "planned",
      what: movement("rent", "bank_transfer", landlord),
      share: 1.5 * rent,
      hour: 11,
    })
    .add(moves, {
      kind: "planned",
      what: movement("household", "card", `MOVERS_${random.whole(1, 80)}`),
      share: random.between(0.1, 0.25),
      hour: 17,
    })
    .add(moves + 25, {
      kind: "in",
      what: movement("refund", "bank_transfer", old?.merchant ?? landlord),
      share: 1.4 * rent,
      hour: 9,
    });
  for (let n = random.whole(3, 6), day = moves + 1; n > 0; n--, day += random.whole(1, 4))
    agenda.add(day, {
      kind: "planned",
      what: movement("household", "pos", `FURNITURE_${random.whole(1, 60)}`),
      share: random.between(0.03, 0.12),
      hour: random.between(10, 19),
    });
  life.contracts = life.contracts.map((bill) =>
    bill === old
      ? {
          ...bill,
          merchant: landlord,
          amount: Math.round(bill.amount * random.between(0.92, 1.08)),
        }
      : bill,
  );
  return { days: moves + 40, peak: moves + 5, relief: 0, agenda, effects: () => usual };
};

/** A car or a kitchen, paid at once from savings. */
export const largePurchase = (random: Random, life: Life): Course => {
  const share = Math.min(0.6 * months(life), random.between(0.6, 3));
  const [category, shop] = random.pick([
    ["household", "KITCHENS_0007"],
    ["shopping", "CAR_DEALER_0003"],
    ["online_shopping", "ELECTRONICS_0021"],
  ] as const);
  const on = random.whole(0, 3);
  const what = movement(category, category === "online_shopping" ? "online" : "card", shop);
  const agenda = new Agenda().add(on, { kind: "planned", what, share, hour: 15 });
  return { days: 20, peak: on + 1, relief: 0, agenda, effects: () => usual };
};
