import type { Consent, CustomerUpdate, obligationProducts } from "../../events/customer.ts";
import type { Transaction } from "../../events/transaction.ts";
import { hash32, mix, type Random, randomOf } from "../../rules/random.ts";
import { type Country, countries } from "./countries.ts";
import { type Cadence, paydaysInYear } from "./days.ts";
import { merchantId, type Spending, spendingOf } from "./habits.ts";

/** A bill that comes each month on its day. Money is in minor units. */
export type Bill = {
  readonly category: Transaction["category"];
  readonly channel: Transaction["channel"];
  readonly merchant: string;
  readonly amount: number;
  readonly day: number;
  /** Collected by the bank on its day; else paid by hand, usually some days later. */
  readonly automatic: boolean;
};

/** Credit that has to be paid back in instalments. */
export type Debt = {
  readonly obligation_id: string;
  readonly product: (typeof obligationProducts)[number];
  readonly instalment: number;
  readonly outstanding: number;
  readonly day: number;
  readonly automatic: boolean;
};

/** Who lives together and shares a country, a time zone and a name. */
export type Household = {
  readonly household_id: string;
  /** The partner: a customer's id, else a name for somebody who banks elsewhere; null: nobody. */
  readonly partner: string | null;
  readonly partnerIsCustomer: boolean;
  readonly children: number;
};

/**
 * One simulated customer with one owner: what does not change through a life. The same seed gives
 * the same people to every simulator.
 */
export type Person = {
  readonly index: number;
  readonly customer_id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly country: Country;
  readonly zone: string;
  readonly household: Household;
  /** Works by the season: pay that varies, and months without any. */
  readonly seasonal: boolean;
  /** The part of all ids of this person's events that they share. */
  readonly idPrefix: string;
  /** Net pay in a month, and on each payday; what is spent a month beyond bills and debts. */
  readonly monthly: number;
  readonly pay: number;
  readonly budget: number;
  /** Deviation of the pay from payday to payday, as a share of it. */
  readonly payNoise: number;
  readonly cadence: Cadence;
  readonly cadenceShift: number;
  readonly employer: string;
  readonly current: string;
  /** The savings account, if there is one. */
  readonly savings: string | undefined;
  /** The household's account, if there is one: what is collected for bills is taken from it. */
  readonly joint: string | undefined;
  /** What is left on the current account when pay comes, and saved, on the first day. */
  readonly cushion: number;
  readonly openingSavings: number;
  /** How far the current account may go below zero. */
  readonly overdraft: number;
  readonly bills: readonly Bill[];
  readonly debts: readonly Debt[];
  readonly spending: Spending;
  /** How likely a purchase is given up when money is short. */
  readonly thrift: number;
  /** How likely an instalment that is paid by hand is forgotten. */
  readonly forgetful: number;
  readonly consent: readonly Consent[];
  readonly statuses: NonNullable<CustomerUpdate["statuses"]>;
};

const hex8 = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

/** `xxxxxxxx-xxxx-8xxx-axxx`: the part of a UUIDv8 that a seed and a person fix. */
const idPrefixOf = (seed: number, index: number): string => {
  const space = hash32(`simulated people ${seed}`);
  const first = hex8(mix(space ^ index));
  const second = hex8(mix(hash32(String(index), space)));
  const third = hex8(mix(Math.imul(index + 1, 0x9e3779b1) ^ space));
  return `${first}-${second.slice(0, 4)}-8${second.slice(5)}-a${third.slice(0, 3)}-`;
};

/** The id of the nth event of a person: a UUIDv8 of seed, person and ordinal. */
export const eventId = (person: Person, ordinal: number): string =>
  person.idPrefix + ordinal.toString(16).padStart(12, "0");

const share = (random: Random, of: number, low: number, high: number): number =>
  Math.round(of * random.between(low, high));

const billsOf = (random: Random, monthly: number, renter: boolean, merchant: () => string) => {
  const automatic = random.chance(0.7);
  const bill = (
    category: Bill["category"],
    range: readonly [number, number],
    channel?: Bill["channel"],
  ): Bill => ({
    category,
    channel: channel ?? (automatic ? "direct_debit" : "mobile"),
    merchant: merchant(),
    amount: share(random, monthly, range[0], range[1]),
    day: random.whole(1, 27),
    automatic: channel !== undefined || automatic,
  });
  return [
    ...(renter
      ? [{ ...bill("rent", [0.2, 0.31], "standing_order"), day: random.whole(1, 5) }]
      : []),
    bill("utilities", [0.025, 0.05]),
    bill("utilities", [0.01, 0.02]),
    bill("telecom", [0.008, 0.022]),
    ...(random.chance(0.6) ? [bill("insurance", [0.01, 0.03])] : []),
    ...(random.chance(0.8) ? [bill("subscription", [0.003, 0.008], "card")] : []),
    ...(random.chance(0.5) ? [bill("subscription", [0.002, 0.012], "card")] : []),
  ];
};

const debtsOf = (random: Random, monthly: number, renter: boolean, id: string): Debt[] => {
  const debt = (product: Debt["product"], low: number, high: number, months: number): Debt => {
    const instalment = share(random, monthly, low, high);
    return {
      obligation_id: `${id}-${product}`,
      product,
      instalment,
      outstanding: Math.round(instalment * random.between(0.2, 1) * months),
      day: random.whole(3, 28),
      automatic: random.chance(0.85),
    };
  };
  const card = debt("credit_card", 0.03, 0.07, 24);
  const loan = debt("loan", 0.06, 0.13, 60);
  if (!renter) return [debt("mortgage", 0.2, 0.3, 300), ...(random.chance(0.3) ? [card] : [])];
  return random.chance(0.6) ? [loan, ...(random.chance(0.2) ? [card] : [])] : [card];
};

/** What a bank would hold on record for each channel. */
const consentOf = (random: Random, at: string): Consent[] => [
  { purpose: "service", channel: "phone", basis: "contract", given: random.chance(0.96), at },
  { purpose: "service", channel: "sms", basis: "contract", given: random.chance(0.97), at },
  { purpose: "service", channel: "email", basis: "contract", given: random.chance(0.98), at },
  { purpose: "marketing", channel: "email", basis: "consent", given: random.chance(0.4), at },
];

const statusesOf = (random: Random): Person["statuses"] => {
  const drawn = random.unit();
  if (drawn < 0.01) return ["vulnerable"];
  if (drawn < 0.013) return ["hardship"];
  if (drawn < 0.015) return ["represented"];
  if (drawn < 0.017) return ["disputed"];
  return [];
};

const customerId = (prefix: string, index: number): string =>
  `${prefix}-${String(index + 1).padStart(6, "0")}`;

/** Two neighbours in the count may be a couple; what they share is drawn once for both. */
const homeOf = (seed: number, index: number, prefix: string) => {
  const pair = index >> 1;
  const shared = randomOf(seed, "household", pair);
  const together = shared.chance(0.25);
  const random = together ? shared : randomOf(seed, "household", pair, index);
  const country = random.weighted(countries);
  const zone = random.pick(country.zones);
  const family = random.pick(country.familyNames);
  const paired = together || random.chance(0.35);
  const first = together ? pair * 2 : index;
  const household: Household = {
    household_id: `${prefix}-H${String(first + 1).padStart(6, "0")}`,
    partner: together
      ? customerId(prefix, index ^ 1)
      : paired
        ? `PARTNER_${String(index + 1).padStart(6, "0")}`
        : null,
    partnerIsCustomer: together,
    children: random.chance(paired ? 0.55 : 0.15) ? random.whole(1, 3) : 0,
  };
  return { country, zone, family, household };
};

const contactOf = (random: Random, country: Country, family: string, index: number) => {
  const given = random.pick(country.givenNames);
  return {
    name: `${given} ${family}`,
    email: `${given}.${family}.${index}@example.com`.toLowerCase(),
    phone: country.phone.replace(/#/g, () => String(random.whole(0, 9))),
  };
};

/** Money on the first day: a share of a month's pay to spare, and often some savings. */
const openingOf = (random: Random, monthly: number) => {
  const saves = random.chance(0.58);
  const months = Math.min(12, 0.4 * Math.exp(1.1 * random.normal()));
  return {
    cushion: share(random, monthly, 0.02, 0.28),
    openingSavings: saves ? Math.round(monthly * months) : 0,
    saves,
  };
};

/** Share of what is left after bills that is spent: who saves nothing spends nearly all. */
const appetiteOf = (random: Random, saves: boolean): number =>
  saves ? 0.93 + 0.05 * random.normal() : 0.955 + 0.02 * random.normal();

const personOf = (seed: number, index: number, prefix: string): Person => {
  const random = randomOf(seed, "person", index);
  const { country, zone, family, household } = homeOf(seed, index, prefix);
  const place = countries.indexOf(country);
  const { cadence } = random.weighted(country.cadences);
  const monthly = Math.round(country.pay * Math.exp(0.35 * random.normal()));
  const renter = random.chance(0.72);
  const customer_id = customerId(prefix, index);
  const seasonal = random.chance(0.05);
  const bills = billsOf(random, monthly, renter, () =>
    merchantId(7_000 + place * 500 + random.whole(1, 500)),
  );
  const debts = debtsOf(random, monthly, renter, customer_id);
  const fixed = [...bills.map((b) => b.amount), ...debts.map((d) => d.instalment)];
  const free = monthly - fixed.reduce((sum, amount) => sum + amount, 0);
  const { saves, ...opening } = openingOf(random, monthly);
  const appetite = Math.min(1, Math.max(0.75, appetiteOf(random, saves)));
  const budget = Math.max(free, 0.1 * monthly) * appetite;
  return {
    index,
    customer_id,
    ...contactOf(random, country, family, index + 1),
    country,
    zone,
    household,
    seasonal,
    idPrefix: idPrefixOf(seed, index),
    monthly,
    pay: Math.round((monthly * 12) / paydaysInYear(cadence)),
    payNoise: seasonal || random.chance(0.12) ? 0.12 : 0.01,
    cadence,
    cadenceShift: cadence.kind === "every" ? 6 + 7 * random.whole(0, cadence.days / 7 - 1) : 0,
    employer: `EMPLOYER_${String(place * 1_000 + random.whole(1, 400)).padStart(4, "0")}`,
    current: `${customer_id}-C`,
    savings: saves ? `${customer_id}-S` : undefined,
    joint: random.chance(household.partner === null ? 0.05 : 0.5) ? `${customer_id}-J` : undefined,
    ...opening,
    overdraft: random.chance(0.55) ? share(random, monthly, 0.05, 0.4) : 0,
    bills,
    debts,
    spending: spendingOf(random, budget, place),
    budget,
    thrift: random.between(0.2, 0.95),
    forgetful: random.chance(0.2) ? 0.02 : 0.002,
    consent: consentOf(random, "2020-01-01T00:00:00Z"),
    statuses: statusesOf(random),
  };
};

/** `count` people of a seed. Person n is the same whatever the count; ids begin with `prefix`. */
export const people = (seed: number, count: number, prefix = "CUST"): Person[] =>
  Array.from({ length: count }, (_, index) => personOf(seed, index, prefix));
