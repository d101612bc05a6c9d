import type { Contract } from "../../../events/contract.ts";
import type { CustomerUpdate, Obligation } from "../../../events/customer.ts";
import type { OutcomeEvent } from "../../../events/outcome.ts";
import { customerUpdates, outcomes, ticks, transactionsStream } from "../../../events/topics.ts";
import type { Transaction } from "../../../events/transaction.ts";
import type { CardMonth } from "../../../rules/card/history.ts";
import type { ImportEvent } from "../importer.ts";
import { bankZone, dayEnds, dueDay, dueOf, monthAfter, startOf, statementOf } from "./calendar.ts";
import { type CardClient, customerIdOf } from "./clients.ts";

const currency = "TWD";
const iso = (ms: number) => new Date(ms).toISOString();
const dollars = (minor: number): number => minor / 100;

const cardOf = ({ client_id }: CardClient): string => `uci-card-${client_id}`;

/** 30 days for each month in arrears that the bank states. */
const daysPerMonth = 30;

/** What a statement asks for: all that is owed, on the next due day. */
const obligationOf = (client: CardClient, month: CardMonth): Obligation => {
  const owed = dollars(Math.max(0, month.bill_minor));
  return {
    obligation_id: cardOf(client),
    product: "credit_card",
    instalment: owed,
    currency,
    due_rule: `day ${dueDay}`,
    next_due: iso(dueOf(monthAfter(month.month))),
    days_past_due: Math.max(0, month.status) * daysPerMonth,
    outstanding: owed,
  };
};

/**
 * The whole profile: as the first month begins, and with each statement. Of the person it holds the
 * sex alone, as every bank's does; there is no place for schooling, marriage or an age in years.
 */
const profileOf = (client: CardClient, at: number, version: number, month?: CardMonth) => {
  const value: CustomerUpdate = {
    customer_id: customerIdOf(client),
    version,
    gender: client.person.sex,
    time_zone: bankZone,
    country: "TW",
    base_currency: currency,
    accounts: [
      {
        account_id: cardOf(client),
        type: "card",
        role: "owner",
        currency,
        credit_limit: dollars(client.limit_minor),
      },
    ],
    obligations: month ? [obligationOf(client, month)] : [],
    consent: [
      {
        purpose: "service",
        channel: "any",
        basis: "contract",
        given: true,
        at: iso(startOf(client.months.at(-1)!.month)),
      },
    ],
    observed_until: iso(observedUntil(client)),
    event_time: iso(at),
    event_type: "customer_update",
  };
  return value;
};

/** The first due day of which the file has no payments is not reached. */
const observedUntil = ({ months }: CardClient): number => dueOf(monthAfter(months[0].month)) - 1;

/**
 * Money that leaves an account that we do not see, to pay off the card: a debit, as every payment
 * of an instalment is, with no account and no balance.
 */
const paymentOf = (client: CardClient, { month, paid_minor }: CardMonth): Transaction => ({
  customer_id: customerIdOf(client),
  transaction_id: `uci-${client.client_id}-${month}`,
  txn_time: iso(dueOf(month)),
  amount: dollars(paid_minor),
  currency,
  txn_type: "debit",
  category: "loan_payment",
  channel: "other",
  is_failed: false,
  posted: true,
  event_type: "transaction",
});

/** What the bank knew a month later: the payment that the newest statement asked for. */
const outcomeOf = (client: CardClient): { at: number; value: OutcomeEvent } => {
  const { month } = client.months[0];
  const next = monthAfter(month);
  const at = statementOf(next);
  const value: OutcomeEvent = {
    outcome_id: `uci-outcome-${client.client_id}`,
    customer_id: customerIdOf(client),
    outcome: client.defaulted ? "payment_missed" : "payment_made",
    obligation_id: cardOf(client),
    currency,
    due_date: iso(dueOf(next)),
    decision_date: iso(statementOf(month)),
    timestamp: iso(at),
    event_time: iso(at),
    event_type: "outcome",
  };
  return { at, value };
};

const event = <T>(
  topic: Contract<T>,
  more: { at: number; key: string | null; value: T; origin: string },
): ImportEvent => ({ topic: topic as unknown as Contract<unknown>, ...more });

const profileEvent = (at: number, value: CustomerUpdate): ImportEvent => {
  const { customer_id: key, version } = value;
  return event(customerUpdates, { at, key, value, origin: `uci-profile-${key}-${version}` });
};

function* ticksUntil(from: number, to: number): Generator<ImportEvent> {
  for (const at of dayEnds(from, to))
    yield event(ticks, { at, key: null, value: at, origin: `uci-${iso(at)}` });
}

/**
 * Everything that the file says, in one event-time order: the clients as the first month begins; in
 * each month what they paid on the due day and their statements on the last one; a month later what
 * became of them. A tick ends each day, the last one after everything.
 */
export function* timeline(clients: readonly CardClient[]): Generator<ImportEvent> {
  if (clients.length === 0) return;
  const ordered = clients.toSorted((a, b) => a.client_id - b.client_id);
  const months = ordered[0].months.map(({ month }) => month).toReversed();
  const begins = startOf(months[0]);
  for (const client of ordered) yield profileEvent(begins, profileOf(client, begins, 1));
  let told = begins;
  for (const [n, month] of months.entries()) {
    const [due, statement] = [dueOf(month), statementOf(month)];
    const of = (client: CardClient) => client.months[months.length - 1 - n];
    yield* ticksUntil(told, due - 1);
    for (const client of ordered) {
      const value = paymentOf(client, of(client));
      if (value.amount === 0) continue;
      const { customer_id: key, transaction_id: origin } = value;
      yield event(transactionsStream, { at: due, key, value, origin: origin as string });
    }
    yield* ticksUntil(due, statement - 1);
    for (const client of ordered)
      yield profileEvent(statement, profileOf(client, statement, n + 2, of(client)));
    told = statement;
  }
  const ends = ordered.map(outcomeOf);
  yield* ticksUntil(told, ends[0].at - 1);
  for (const { at, value } of ends)
    yield event(outcomes, { at, key: value.customer_id, value, origin: value.outcome_id });
  yield* ticksUntil(ends[0].at, ends[0].at);
}
