import type pg from "pg";
import type { RatesPolicy } from "../events/policy.ts";
import { timeMs } from "../events/time.ts";
import { dayOf } from "../rules/calendar.ts";
import { versionAt, versionsOf } from "../rules/policy.ts";
import { rateOn, rateTable } from "../rules/rates.ts";
import { keeping } from "./keep.ts";
import { readingTables } from "./vectors.ts";

const freshMs = 10_000;

const factorsOf = (policy: RatesPolicy, into: string, now: number): Map<string, number> => {
  const { base, entries } = policy;
  const table = rateTable(
    base,
    entries.map(({ from, rates }) => ({ from: timeMs(from), rates })),
  );
  const factors = new Map<string, number>();
  for (const currency of [base, ...table.rates.keys()]) {
    const factor = rateOn(table, currency, into, dayOf(now));
    if (Number.isFinite(factor)) factors.set(currency, factor);
  }
  return factors;
};

/** What one unit of each currency is worth in the API's own, today, by policy `rates`. */
export type Exchange = () => Promise<{ currency: string; factors: ReadonlyMap<string, number> }>;

/** Reads the rates in force, and again after a while. Throws READ_MODEL_AWAY. */
export const openExchange = (pool: pg.Pool, currency: string): Exchange => {
  const keep = keeping(freshMs);
  const read = async () => {
    const { rows } = await readingTables(() =>
      pool.query<{ policy_key: string; document: unknown }>({
        name: "rates",
        text: "select policy_key, document from policies where kind = 'rates' limit 1000",
      }),
    );
    const entries = new Map(rows.map((row) => [row.policy_key, row.document]));
    const versions = versionsOf(entries, "rates", "default");
    const now = Date.now();
    const factors =
      versions.length > 0
        ? factorsOf(versionAt(versions, now), currency, now)
        : new Map<string, number>();
    return { currency, factors: factors.set(currency, 1) };
  };
  return () => keep("rates", read);
};
