import type { OutcomeEvent } from "../../../events/outcome.ts";
import type { Holders } from "./accounts.ts";
import { addDays, startOf } from "./bank-day.ts";
import { crownsOf } from "./cells.ts";
import { customerIdOf, type LedgerRow } from "./ledger.ts";
import { isBad, isFinished, type Loan } from "./loans.ts";

/** The last day that the bank's data speaks of: running loans have the status of this day. */
export const lastDay = "1998-12-31";

/** A loan by whose outcome the scores before its grant are judged. */
export type JudgedLoan = {
  loan_id: number;
  customer_id: string;
  /** 00:00 of the bank's day of the grant, ms since 1970. */
  granted_at: number;
  bad: boolean;
  /** The ledger has transactions of the account before the grant, and reaches up to it. */
  scorable: boolean;
  /** The file that holds the account's transactions; undefined: none does. */
  ledger: string | undefined;
};

/**
 * The last day of each account that the ledger shows. A file that covers whole accounts ends for
 * all of them on its last day. A file of what came before the loans ends for each account on the
 * eve of its grant: at least half of its accounts have loans, and no row lies after the grant.
 */
export const observedDays = (
  files: readonly (readonly LedgerRow[])[],
  loans: readonly Loan[],
): Map<number, string> => {
  const grants = new Map<number, string>();
  for (const { account_id: id, granted } of loans)
    if (granted < (grants.get(id) ?? "9999")) grants.set(id, granted);
  const observed = new Map<number, string>();
  for (const rows of files) {
    const lastRows = new Map<number, string>();
    for (const { account_id: id, day } of rows)
      if (day > (lastRows.get(id) ?? "")) lastRows.set(id, day);
    const fileEnds = [...lastRows.values()].reduce((a, b) => (a > b ? a : b), "");
    const withLoan = [...lastRows].filter(([id]) => grants.has(id));
    const beforeLoans =
      withLoan.length * 2 >= lastRows.size &&
      withLoan.every(([id, last]) => last < grants.get(id)!);
    for (const [id, last] of lastRows) {
      const eve = grants.has(id) ? addDays(grants.get(id)!, -1) : last;
      const day = beforeLoans ? eve : fileEnds;
      if (day > (observed.get(id) ?? "")) observed.set(id, day);
    }
  }
  return observed;
};

type Ledger = {
  loans: readonly Loan[];
  holders: Map<number, Holders>;
  /** First and last day of each account in the ledger. */
  firstDays: ReadonlyMap<number, string>;
  observed: ReadonlyMap<number, string>;
  /** The file of each account's transactions. */
  fileOf: ReadonlyMap<number, string>;
};

export const judgedLoans = (ledger: Ledger): JudgedLoan[] =>
  ledger.loans.map((loan) => {
    const first = ledger.firstDays.get(loan.account_id);
    const reaches = ledger.observed.get(loan.account_id) ?? "";
    return {
      loan_id: loan.loan_id,
      customer_id: customerIdOf(ledger.holders.get(loan.account_id)!.owner!),
      granted_at: startOf(loan.granted),
      bad: isBad(loan),
      scorable: first !== undefined && first < loan.granted && reaches >= addDays(loan.granted, -1),
      ledger: ledger.fileOf.get(loan.account_id),
    };
  });

const words = {
  A: "loan_repaid",
  B: "loan_defaulted",
  C: "loan_running",
  D: "loan_in_arrears",
} as const;

/** The outcome of a loan on the day the bank knew it: at its end, else on the data's last day. */
export const outcomeOf = (loan: Loan, owner: number): { day: string; value: OutcomeEvent } => {
  const day = isFinished(loan) && loan.ends < lastDay ? loan.ends : lastDay;
  const at = new Date(startOf(day)).toISOString();
  return {
    day,
    value: {
      outcome_id: `berka-outcome-${loan.loan_id}`,
      customer_id: customerIdOf(owner),
      outcome: words[loan.status],
      obligation_id: `berka-loan-${loan.loan_id}`,
      amount: crownsOf(loan.amount_minor),
      currency: "CZK",
      decision_date: new Date(startOf(loan.granted)).toISOString(),
      timestamp: at,
      event_time: at,
      event_type: "outcome",
    },
  };
};
