import type { Transaction } from "../../../events/transaction.ts";
import { type Row, rowsOf, type Sheet } from "../sheet.ts";
import { Tally } from "../tally.ts";
import type { Account, Holders, Parsed } from "./accounts.ts";
import { bankDay, startOf } from "./bank-day.ts";
import { crownsOf, hellersOf, idOf } from "./cells.ts";
import { type Meaning, meaningOf } from "./codes.ts";
import { type Booked, orderDay } from "./day-order.ts";

/** A row of the bank's ledger, booked on its owner. Amounts in hellers. */
export type LedgerRow = Booked & {
  file: string;
  line: number;
  account_id: number;
  owner: number;
  day: string;
  amount_minor: number;
  meaning: Meaning;
};

const columns = [
  ["trans_id", "account_id", "date", "type"],
  ["operation", "amount", "balance", "k_symbol"],
].flat();

type Known = { accounts: Map<number, Account>; holders: Map<number, Holders> };

/** Reads one file of the ledger; `seen` holds every trans_id so far, over all files. */
export const readLedger = (
  sheet: Sheet,
  known: Known,
  seen: Set<number>,
): Parsed<LedgerRow[]> & { tally: Tally } => {
  const tally = new Tally(sheet.file, sheet.sha256, "transactions");
  const found: LedgerRow[] = [];
  for (const row of rowsOf(sheet, columns, tally)) {
    const booked = ledgerRowOf(row, sheet.file, known);
    if (typeof booked === "string") tally.refuse(booked, row.line);
    else if (seen.has(booked.trans_id)) tally.refuse("duplicate_id", row.line);
    else {
      seen.add(booked.trans_id);
      found.push(booked);
      tally.accept();
      for (const note of booked.meaning.notes) tally.note(note, row.line);
    }
  }
  return { found, report: tally.report, tally };
};

const ledgerRowOf = ({ line, cells }: Row, file: string, known: Known): LedgerRow | string => {
  const trans_id = idOf(cells.trans_id);
  const account_id = idOf(cells.account_id);
  const day = bankDay(cells.date);
  const amount_minor = hellersOf(cells.amount);
  const balance_minor = hellersOf(cells.balance);
  const meaning = meaningOf(cells.type, cells.operation, cells.k_symbol);
  if (trans_id === undefined || account_id === undefined) return "id_unreadable";
  if (day === undefined) return "date_unreadable";
  if (amount_minor === undefined) return "amount_unreadable";
  if (amount_minor < 0) return "amount_negative";
  if (balance_minor === undefined) return "balance_unreadable";
  if (meaning === undefined) return "type_unknown";
  if (!known.accounts.has(account_id)) return "account_unknown";
  const owner = known.holders.get(account_id)?.owner;
  if (owner === undefined) return "owner_unknown";
  const signed_minor = meaning.txn_type === "credit" ? amount_minor : -amount_minor;
  const booked = { trans_id, signed_minor, balance_minor };
  return { ...booked, file, line, account_id, owner, day, amount_minor, meaning };
};

/** A row with its place in the owner's day: 1, 2, 3, … */
export type PlacedRow = { row: LedgerRow; place: number };

/**
 * The rows of all files by day, each owner's rows in the order in which they were booked. Several
 * accounts of one owner follow each other within the day by account_id.
 */
export const placeRows = (
  rows: readonly LedgerRow[],
  onBreak: (row: LedgerRow, by: "broken_chain" | "trans_id") => void,
): Map<string, PlacedRow[]> => {
  const balances = new Map<number, number>();
  const placed = new Map<string, PlacedRow[]>();
  const byDay = Map.groupBy(rows, (row) => row.day);
  for (const day of [...byDay.keys()].toSorted()) {
    const places = new Map<number, number>();
    const list: PlacedRow[] = [];
    const byAccount = Map.groupBy(byDay.get(day)!, (row) => row.account_id);
    for (const account of [...byAccount.keys()].toSorted((a, b) => a - b)) {
      const ordered = orderDay(balances.get(account) ?? 0, byAccount.get(account)!);
      if (ordered.by !== "chain") onBreak(ordered.rows[0], ordered.by);
      for (const row of ordered.rows) {
        const place = (places.get(row.owner) ?? 0) + 1;
        places.set(row.owner, place);
        list.push({ row, place });
      }
      balances.set(account, ordered.rows.at(-1)!.balance_minor);
    }
    placed.set(day, list);
  }
  return placed;
};

export const customerIdOf = (client: number): string => `berka-${client}`;

/**
 * The row as our event: booked on the account's owner, in crowns, at 00:00 of the bank's day plus
 * its place in ms. Its id is the bank's, under the name of the source.
 */
export const transactionOf = ({ row, place }: PlacedRow): Transaction => ({
  customer_id: customerIdOf(row.owner),
  transaction_id: `berka-${row.trans_id}`,
  txn_time: new Date(startOf(row.day) + place).toISOString(),
  amount: crownsOf(row.amount_minor),
  currency: "CZK",
  txn_type: row.meaning.txn_type,
  category: row.meaning.category,
  channel: row.meaning.channel,
  is_failed: false,
  account_id: String(row.account_id),
  balance_after: crownsOf(row.balance_minor),
  posted: true,
  event_type: "transaction",
});
