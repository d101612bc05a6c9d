import { rowsOf, type Sheet } from "../sheet.ts";
import { Tally } from "../tally.ts";
import type { Account, Holders, Parsed } from "./accounts.ts";
import { addMonths, bankDay } from "./bank-day.ts";
import { hellersOf, idOf } from "./cells.ts";

/**
 * A loan and how it really went. A: finished and paid; B: finished and not paid; C: running and
 * fine; D: running and in arrears. Bad is B or D.
 */
export type Loan = {
  loan_id: number;
  account_id: number;
  granted: string;
  /** The last instalment's month has passed on this day. */
  ends: string;
  months: number;
  amount_minor: number;
  instalment_minor: number;
  status: "A" | "B" | "C" | "D";
};

export const isBad = (loan: Loan): boolean => loan.status === "B" || loan.status === "D";
export const isFinished = (loan: Loan): boolean => loan.status === "A" || loan.status === "B";

const columns = ["loan_id", "account_id", "date", "amount", "duration", "payments", "status"];

type Known = { accounts: Map<number, Account>; holders: Map<number, Holders> };

export const readLoans = (sheet: Sheet, known: Known): Parsed<Loan[]> => {
  const tally = new Tally(sheet.file, sheet.sha256, "obligations and outcomes");
  const seen = new Set<number>();
  const found: Loan[] = [];
  for (const { line, cells } of rowsOf(sheet, columns, tally)) {
    const loan = loanOf(cells);
    if (typeof loan === "string") tally.refuse(loan, line);
    else if (!known.accounts.has(loan.account_id)) tally.refuse("account_unknown", line);
    else if (known.holders.get(loan.account_id)?.owner === undefined)
      tally.refuse("owner_unknown", line);
    else if (seen.has(loan.loan_id)) tally.refuse("duplicate_id", line);
    else {
      seen.add(loan.loan_id);
      found.push(loan);
      tally.accept();
    }
  }
  return { found, report: tally.report };
};

const loanOf = (cells: Readonly<Record<string, string>>): Loan | string => {
  const loan_id = idOf(cells.loan_id);
  const account_id = idOf(cells.account_id);
  const granted = bankDay(cells.date);
  const months = idOf(cells.duration);
  const amount_minor = hellersOf(cells.amount);
  const instalment_minor = hellersOf(cells.payments);
  const { status } = cells;
  if (loan_id === undefined || account_id === undefined) return "id_unreadable";
  if (granted === undefined) return "date_unreadable";
  if (months === undefined || months > 1_200) return "duration_unreadable";
  if (amount_minor === undefined || amount_minor <= 0) return "amount_unreadable";
  if (instalment_minor === undefined || instalment_minor <= 0) return "amount_unreadable";
  if (status !== "A" && status !== "B" && status !== "C" && status !== "D") return "status_unknown";
  const ends = addMonths(granted, months);
  return { loan_id, account_id, granted, ends, months, amount_minor, instalment_minor, status };
};
