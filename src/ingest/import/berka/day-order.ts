/**
 * The order of one account's rows within a day. The ledger has dates without times, and trans_id
 * does not grow with time; but each row states the balance after it, so the rows of a day form a
 * chain: balance before ± amount = balance after. The bank keeps fractions that it does not print,
 * so a printed balance may be off by 0.10.
 */
export type Booked = { trans_id: number; signed_minor: number; balance_minor: number };

export type OrderedDay<T> = {
  rows: T[];
  /** `chain`: from the balance before; `broken_chain`: a chain, but a row before it is missing. */
  by: "chain" | "broken_chain" | "trans_id";
};

const roundingMinor = 10;
/** Tries before giving up on a day; real days have up to seven rows and need a handful. */
const mostSteps = 20_000;

const links = (before: number, row: Booked): boolean =>
  Math.abs(before + row.signed_minor - row.balance_minor) <= roundingMinor;

type Search = { steps: number };

const chainFrom = <T extends Booked>(
  before: number,
  rest: readonly T[],
  search: Search,
): T[] | undefined => {
  if (rest.length === 0) return [];
  for (const row of rest) {
    if (++search.steps > mostSteps) return undefined;
    if (!links(before, row)) continue;
    const others = rest.filter((other) => other !== row);
    const after = chainFrom(row.balance_minor, others, search);
    if (after) return [row, ...after];
  }
  return undefined;
};

/**
 * Orders the rows of an account's day, given the balance that the day before ended with (minor
 * units; 0 for a new account). Where no chain fits, trans_id decides.
 */
export const orderDay = <T extends Booked>(before: number, day: readonly T[]): OrderedDay<T> => {
  const rows = day.toSorted((a, b) => a.trans_id - b.trans_id);
  const search = { steps: 0 };
  const chain = chainFrom(before, rows, search);
  if (chain) return { rows: chain, by: "chain" };
  if (rows.length > 1)
    for (const first of rows) {
      const others = rows.filter((row) => row !== first);
      const rest = chainFrom(first.balance_minor, others, search);
      if (rest) return { rows: [first, ...rest], by: "broken_chain" };
    }
  return { rows, by: "trans_id" };
};
