import { timeMs } from "../../events/time.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { noRates } from "../../rules/rates.ts";
import { evolve } from "./evolve.ts";
import { features, valuesOf } from "./features.ts";
import { movementOf } from "./movement.ts";
import { setCurrency } from "./profile.ts";
import { type CustomerRow, customerCodec } from "./row.ts";
import { lookAt } from "./sight.ts";

/** Customers of tests, with days counted from 1 January 2024. */
export const start = timeMs("2024-01-01T12:00:00Z");
export type Told = Partial<Transaction> & { day: number };

/** A customer to whom the given things happened. */
export const living = (...told: Told[]): CustomerRow => {
  const row = customerCodec.create("c");
  setCurrency(row, "EUR", noRates, 0);
  for (const [n, { day, ...more }] of told.entries()) {
    const value = { ...transactionsStream.example, balance_after: null, ...more };
    const time = start + day * DAY_MS + n;
    evolve(row, movementOf({ ...value, currency: "EUR" }, time, `t${n}`, "EUR", noRates)!);
  }
  return row;
};

/** Each feature on a day, and what is usual. */
export const vectorAt = (row: CustomerRow, day: number) => {
  const sight = lookAt(row, start + day * DAY_MS);
  const values = new Float64Array(features.length);
  valuesOf(sight, values);
  return Object.fromEntries(
    features.map(({ id, usual }, n) => [
      id,
      { value: values[n], usual: usual?.(sight) ?? Number.NaN },
    ]),
  );
};

export const valuesAt = (row: CustomerRow, day: number): Record<string, number> =>
  Object.fromEntries(Object.entries(vectorAt(row, day)).map(([id, { value }]) => [id, value]));

export const days = (count: number, each: (day: number) => Told): Told[] =>
  Array.from({ length: count }, (_, day) => each(day));
