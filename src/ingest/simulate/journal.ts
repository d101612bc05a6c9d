import type { Contract } from "../../events/contract.ts";
import type { CustomerUpdate } from "../../events/customer.ts";
import type { OutcomeEvent } from "../../events/outcome.ts";
import type { Truth } from "../../events/simulation.ts";
import { customerUpdates, outcomes, simulationTruth } from "../../events/topics.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { dateOf, dayNumberOf } from "./days.ts";
import { type FaultShares, isDoubleCharged, noFaults } from "./faults.ts";
import { type DebtState, daysPastDue, type Life, type Trouble } from "./life.ts";
import { eventId } from "./people.ts";
import { isLookAlike } from "./stories.ts";

/** An event of the simulation on its way to a topic. */
export type Simulated<T> = {
  readonly topic: Contract<T>;
  readonly key: string;
  /** Event time, ms since 1970. */
  readonly time: number;
  readonly id: string;
  readonly value: T;
  /** When it is sent, where that is later than its event time. */
  readonly sentAt?: number;
  /** What is sent in place of the value. */
  readonly bytes?: Buffer;
};
export type SimulatedEvent =
  | Simulated<Transaction>
  | Simulated<CustomerUpdate | null>
  | Simulated<OutcomeEvent>
  | Simulated<Truth>;

/** Something that will happen at a time; whatever the balance is then decides how. */
export type Intent = { readonly at: number; readonly run: (journal: Journal) => void };

/** Which account of a customer. */
export type Pocket = "current" | "savings" | "joint";

/** What a movement of money is, beside its amount. */
export type Movement = {
  readonly category: Transaction["category"];
  readonly channel: Transaction["channel"];
  readonly merchant: string | null;
};

const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
const dateTime = (day: number): string => `${dateOf(day)}T00:00:00Z`;
/** All currencies of simulated people have two decimals. */
const money = (minor: number): number => minor / 100;

/** Turns what happens in lives into events, in the order in which it is told. */
export class Journal {
  readonly #seed: number;
  #day = Number.NaN;
  #date = "";
  readonly #faults: FaultShares;
  readonly #later: (intent: Intent) => void;
  events: SimulatedEvent[] = [];

  /** `later` takes what will follow from an event at a time after it. */
  constructor(
    seed: number,
    faults: FaultShares = noFaults,
    later: (intent: Intent) => void = () => {},
  ) {
    this.#seed = seed;
    this.#faults = faults;
    this.#later = later;
  }

  #text(at: number): string {
    const day = dayNumberOf(at);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = dateOf(day);
    }
    const second = Math.floor((at - day * DAY_MS) / 1_000);
    const minute = Math.floor(second / 60);
    const hour = Math.floor(minute / 60);
    const fraction = at % 1_000 === 0 ? "" : `.${String(at % 1_000).padStart(3, "0")}`;
    const clock = `${two[hour]}:${two[minute - hour * 60]}:${two[second - minute * 60]}`;
    return `${this.#date}T${clock}${fraction}Z`;
  }

  /** Money in. */
  credit(life: Life, at: number, amount: number, what: Movement, pocket: Pocket = "current"): void {
    life[pocket] += amount;
    this.#transaction(life, at, amount, "credit", what, false, pocket);
  }

  /** Money out, whether or not it is there: who may overdraw is the caller's to know. */
  debit(life: Life, at: number, amount: number, what: Movement, pocket: Pocket = "current"): void {
    life[pocket] -= amount;
    this.#transaction(life, at, amount, "debit", what, false, pocket);
  }

  /** A purchase, which the merchant may charge twice; that is found out and given back. */
  buy(life: Life, at: number, amount: number, what: Movement): void {
    this.debit(life, at, amount, what);
    const id = eventId(life.person, life.ordinal - 1);
    if (!isDoubleCharged(id, this.#faults)) return;
    const again = at + 1_000 * (5 + (life.ordinal % 200));
    const back = at + DAY_MS * (1 + (life.ordinal % 5));
    this.#later({
      at: again,
      run: () => {
        if (amount > life.available) return;
        this.debit(life, again, amount, what);
        const second = eventId(life.person, life.ordinal - 1);
        this.truth(life, again, life.trouble, false, { fault: "double_charge", id: second });
        this.#later({ at: back, run: () => this.#giveBack(life, back, amount, what, second) });
      },
    });
  }

  #giveBack(life: Life, at: number, amount: number, what: Movement, id: string): void {
    life.current += amount;
    this.#transaction(life, at, amount, "credit", what, false, "current", id);
  }

  /** A payment that was tried and refused: no balance changes. */
  refuse(life: Life, at: number, amount: number, what: Movement): void {
    this.#transaction(life, at, amount, "debit", what, true, "current");
  }

  #transaction(
    life: Life,
    at: number,
    amount: number,
    type: Transaction["txn_type"],
    what: Movement,
    failed: boolean,
    pocket: Pocket,
    reverses: string | null = null,
  ): void {
    const { person } = life;
    const id = eventId(person, life.ordinal++);
    const time = this.#text(at);
    const value: Transaction = {
      customer_id: person.customer_id,
      transaction_id: id,
      txn_time: time,
      amount: money(amount),
      currency: person.country.currency,
      txn_type: type,
      category: what.category,
      channel: what.channel,
      merchant_id: what.merchant,
      is_failed: failed,
      account_id: person[pocket],
      balance_after: money(life[pocket]),
      posted: !failed,
      ...(reverses === null ? undefined : { reverses }),
      event_time: time,
      event_type: "transaction",
    };
    this.events.push({ topic: transactionsStream, key: person.customer_id, time: at, id, value });
  }

  /** The whole profile as it stands. */
  profile(life: Life, at: number): void {
    const { person } = life;
    const id = eventId(person, life.ordinal++);
    const currency = person.country.currency;
    const account = { role: "owner" as const, currency };
    const value: CustomerUpdate = {
      customer_id: person.customer_id,
      version: ++life.version,
      name: person.name,
      email: person.email,
      phone: person.phone,
      time_zone: person.zone,
      country: person.country.code,
      language: person.country.language,
      base_currency: currency,
      accounts: [
        { account_id: person.current, type: "current", ...account },
        ...(person.savings
          ? [{ account_id: person.savings, type: "savings" as const, ...account }]
          : []),
        ...(person.joint
          ? [{ account_id: person.joint, type: "current" as const, ...account }]
          : []),
      ],
      obligations: life.debts.map((state) => obligationOf(state, currency, dayNumberOf(at))),
      consent: [...person.consent],
      statuses: person.statuses,
      profiling_objection: false,
      event_time: this.#text(at),
      event_type: "customer_update",
    };
    this.events.push({ topic: customerUpdates, key: person.customer_id, time: at, id, value });
  }

  /** What the bank has learned of an instalment. */
  outcome(
    life: Life,
    at: number,
    outcome: OutcomeEvent["outcome"],
    state: DebtState,
    due: number,
  ): void {
    const { person } = life;
    const id = eventId(person, life.ordinal++);
    const time = this.#text(at);
    const value: OutcomeEvent = {
      outcome_id: id,
      customer_id: person.customer_id,
      outcome,
      obligation_id: state.debt.obligation_id,
      amount: money(outcome === "loan_defaulted" ? state.outstanding : state.debt.instalment),
      currency: person.country.currency,
      due_date: dateTime(due),
      timestamp: time,
      event_time: time,
      event_type: "outcome",
    };
    this.events.push({ topic: outcomes, key: person.customer_id, time: at, id, value });
  }

  /**
   * What nobody but the simulation knows: the story as it stands (without one: that all is well so
   * far), and the transaction that is a fault, if it is told because of one.
   */
  truth(
    life: Life,
    at: number,
    trouble: Trouble | undefined,
    recovered: boolean,
    struck?: { fault: Truth["fault"]; id: string },
  ): void {
    const { person } = life;
    const id = eventId(person, life.ordinal++);
    const missed = trouble?.firstMissed;
    const story = trouble?.name ?? "healthy";
    const value: Truth = {
      customer_id: person.customer_id,
      seed: this.#seed,
      story,
      look_alike: isLookAlike(story),
      starts_at: trouble ? this.#text(trouble.startsAt) : null,
      peaks_at: trouble?.peaksAt === undefined ? null : this.#text(trouble.peaksAt),
      first_missed_payment: missed === undefined ? null : dateTime(missed),
      recovers_at: recovered ? this.#text(at) : null,
      ...(struck && { fault: struck.fault, transaction_id: struck.id }),
      event_time: this.#text(at),
      event_type: struck ? "fault" : "truth",
    };
    this.events.push({ topic: simulationTruth, key: person.customer_id, time: at, id, value });
  }
}

const obligationOf = (state: DebtState, currency: string, today: number) => ({
  obligation_id: state.debt.obligation_id,
  product: state.debt.product,
  instalment: money(state.debt.instalment),
  currency,
  due_rule: `day ${state.debt.day}`,
  next_due: dateTime(state.nextDue),
  days_past_due: daysPastDue(state, today),
  outstanding: money(state.outstanding),
});
