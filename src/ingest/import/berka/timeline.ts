import type { Contract } from "../../../events/contract.ts";
import { customerUpdates, outcomes, ticks, transactionsStream } from "../../../events/topics.ts";
import type { ImportEvent } from "../importer.ts";
import { addDays, endOf, startOf } from "./bank-day.ts";
import { outcomeOf } from "./judged.ts";
import { customerIdOf, type PlacedRow, transactionOf } from "./ledger.ts";
import { type Bank, profiles } from "./profiles.ts";

export type LedgerBook = Bank & { placed: ReadonlyMap<string, readonly PlacedRow[]> };

const event = <T>(
  topic: Contract<T>,
  more: { at: number; key: string | null; value: T; origin: string },
): ImportEvent => ({ topic: topic as unknown as Contract<unknown>, ...more });

/**
 * Everything that the bank's data says, in one event-time order that depends on nothing but the
 * data: for each day the profiles and outcomes that stand from its start, its transactions by place
 * and customer, and a tick at its last ms. The final tick lies after everything, so that every
 * deadline within the ledger is reached.
 */
export function* timeline(book: LedgerBook): Generator<ImportEvent> {
  const profilesOn = Map.groupBy(profiles(book), (profile) => profile.day);
  const outcomesOn = Map.groupBy(outcomesOf(book), (outcome) => outcome.day);
  const days = [...profilesOn.keys(), ...outcomesOn.keys(), ...book.placed.keys()].toSorted();
  const last = days.at(-1);
  for (let day = days[0]; last !== undefined && day <= last; day = addDays(day, 1)) {
    const at = startOf(day);
    const changed = profilesOn.get(day) ?? [];
    for (const { value } of changed.toSorted((a, b) => a.client - b.client)) {
      const origin = `berka-profile-${value.customer_id}-${value.version}`;
      yield event(customerUpdates, { at, key: value.customer_id, value, origin });
    }
    for (const { value } of outcomesOn.get(day) ?? [])
      yield event(outcomes, { at, key: value.customer_id, value, origin: value.outcome_id });
    yield* transactionsOn(at, book.placed.get(day) ?? []);
    yield event(ticks, { at: endOf(day), key: null, value: endOf(day), origin: `berka-${day}` });
  }
}

const outcomesOf = (book: LedgerBook) =>
  book.loans
    .toSorted((a, b) => a.loan_id - b.loan_id)
    .map((loan) => outcomeOf(loan, book.holders.get(loan.account_id)!.owner!));

function* transactionsOn(start: number, placed: readonly PlacedRow[]): Generator<ImportEvent> {
  const byPlace = (a: PlacedRow, b: PlacedRow) => a.place - b.place || a.row.owner - b.row.owner;
  for (const one of placed.toSorted(byPlace)) {
    const value = transactionOf(one);
    const key = customerIdOf(one.row.owner);
    const origin = value.transaction_id as string;
    yield event(transactionsStream, { at: start + one.place, key, value, origin });
  }
}
