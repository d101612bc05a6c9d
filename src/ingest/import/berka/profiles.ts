import type { Consent, CustomerUpdate, Obligation } from "../../../events/customer.ts";
import type { Account, Client, Holders } from "./accounts.ts";
import { addMonths, bankZone, endOf, startOf } from "./bank-day.ts";
import { crownsOf } from "./cells.ts";
import { customerIdOf } from "./ledger.ts";
import type { Loan } from "./loans.ts";

export type Bank = {
  clients: Map<number, Client>;
  accounts: Map<number, Account>;
  holders: Map<number, Holders>;
  loans: readonly Loan[];
  /** The last day of each account that the ledger shows; accounts without rows are absent. */
  observed: ReadonlyMap<number, string>;
};

/** A profile as it stands from the start of a day on. */
export type DatedProfile = { day: string; client: number; value: CustomerUpdate };

const iso = (ms: number) => new Date(ms).toISOString();

type Held = { account: Account; role: "owner" | "authorised" };

const heldBy = (bank: Bank): Map<number, Held[]> => {
  const held = new Map<number, Held[]>();
  const add = (client: number, one: Held) => {
    const list = held.get(client);
    if (list) list.push(one);
    else held.set(client, [one]);
  };
  for (const [id, { owner, authorised }] of bank.holders) {
    const account = bank.accounts.get(id)!;
    if (owner !== undefined) add(owner, { account, role: "owner" });
    for (const client of authorised) add(client, { account, role: "authorised" });
  }
  return held;
};

/** Instalments fall due on the 12th: so says every one of the ledger's loan payments. */
const dueDay = 12;

/** The first due day after the grant. */
export const firstDue = (granted: string): string => {
  const inMonth = `${granted.slice(0, 8)}${dueDay}`;
  return granted < inMonth ? inMonth : addMonths(inMonth, 1);
};

const obligationOf = (loan: Loan): Obligation => ({
  obligation_id: `berka-loan-${loan.loan_id}`,
  product: "loan",
  instalment: crownsOf(loan.instalment_minor),
  currency: "CZK",
  due_rule: `day ${dueDay}`,
  next_due: iso(startOf(firstDue(loan.granted))),
  days_past_due: null,
  outstanding: crownsOf(loan.amount_minor),
});

/** A loan that was paid back leaves the profile on the day it ends; an unpaid one stays. */
const isOwedOn = (loan: Loan, day: string): boolean =>
  loan.granted <= day && !(loan.status === "A" && loan.ends <= day);

/** Nothing of this customer is known after it: the ledger's end, else the first account's start. */
const observedUntil = (bank: Bank, held: readonly Held[]): number => {
  const own = held.filter((one) => one.role === "owner");
  const days = own.flatMap((one) => bank.observed.get(one.account.account_id) ?? []);
  const last = days.toSorted().at(-1);
  if (last !== undefined) return endOf(last);
  return startOf(held.map((one) => one.account.opened).toSorted()[0]);
};

const profilesOf = (client: Client, held: readonly Held[], loans: readonly Loan[], bank: Bank) => {
  const changes = [
    ...held.map((one) => one.account.opened),
    ...loans.flatMap((loan) => [loan.granted, ...(loan.status === "A" ? [loan.ends] : [])]),
  ];
  const until = iso(observedUntil(bank, held));
  return [...new Set(changes)].toSorted().map((day, index): DatedProfile => {
    const open = held.filter((one) => one.account.opened <= day);
    const value: CustomerUpdate = {
      customer_id: customerIdOf(client.client_id),
      version: index + 1,
      date_of_birth: client.born ?? null,
      gender: client.sex ?? null,
      time_zone: bankZone,
      country: "CZ",
      base_currency: "CZK",
      accounts: open.map(({ account, role }) => ({
        account_id: String(account.account_id),
        type: "current",
        role,
        currency: "CZK",
        opened: iso(startOf(account.opened)),
      })),
      obligations: loans.filter((loan) => isOwedOn(loan, day)).map(obligationOf),
      consent: open
        .filter(({ role }) => role === "owner")
        .slice(0, 1)
        .map(serviceContact),
      observed_until: until,
      event_time: iso(startOf(day)),
      event_type: "customer_update",
    };
    return { day, client: client.client_id, value };
  });
};

/**
 * Nobody asked for consent in 1993. What an owner may be reached for is service, because the
 * contract of the account is ground enough for it; marketing would need more.
 */
const serviceContact = ({ account }: Held): Consent => ({
  purpose: "service",
  channel: "any",
  basis: "contract",
  given: true,
  at: iso(startOf(account.opened)),
});

/**
 * Every version of every client's profile: at each account's opening, at each grant of a loan, and
 * when a loan was paid back. A loan is the owner's. Who is only authorised has a profile too, but
 * no transactions. The bank gave away no names or addresses: those fields stay away.
 */
export const profiles = (bank: Bank): DatedProfile[] => {
  const held = heldBy(bank);
  const loansOf = Map.groupBy(bank.loans, (loan) => bank.holders.get(loan.account_id)?.owner);
  return [...held].flatMap(([id, accounts]) =>
    profilesOf(bank.clients.get(id)!, accounts, loansOf.get(id) ?? [], bank),
  );
};
