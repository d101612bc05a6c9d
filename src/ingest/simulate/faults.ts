import type { faults, Truth } from "../../events/simulation.ts";
import { simulationTruth, transactionsStream } from "../../events/topics.ts";
import type { Transaction } from "../../events/transaction.ts";
import { hash32 } from "../../rules/random.ts";
import type { Simulated, SimulatedEvent } from "./journal.ts";

/** How much goes wrong on the way: shares of all transactions, from 0 to 1. */
export type FaultShares = {
  /** Come hours late, all at once, after a part of the bank's branches was cut off. */
  readonly late: number;
  /** Are delivered a second time. */
  readonly duplicated: number;
  /** Of the purchases: are charged twice by the merchant, and given back days later. */
  readonly doubleCharged: number;
  /** Are followed by a record that nobody can use. */
  readonly poison: number;
};
export const noFaults: FaultShares = { late: 0, duplicated: 0, doubleCharged: 0, poison: 0 };

type Fault = (typeof faults)[number];

const outageMs = 3 * 3_600_000;
const branches = 24;
const againMostMs = 600_000;

/** From 0 to 1, the same for the same words. */
const drawn = (text: string, purpose: number): number => hash32(text, purpose) / 4_294_967_296;

/** Whether a purchase is charged twice. */
export const isDoubleCharged = (id: string, shares: FaultShares): boolean =>
  shares.doubleCharged > 0 && drawn(id, 11) < shares.doubleCharged;

/** When the outage ends that keeps an event back; undefined: it comes in time. */
const keptUntil = (seed: number, event: SimulatedEvent, share: number): number | undefined => {
  if (share === 0) return undefined;
  const slot = Math.floor(event.time / outageMs);
  const branch = hash32(event.key, seed) % branches;
  if (drawn(`${seed} ${slot} ${branch}`, 12) >= share) return undefined;
  return (slot + 1) * outageMs;
};

type Damage = (value: Transaction, text: string) => string;
const changed =
  (more: (value: Transaction) => object): Damage =>
  (value) =>
    JSON.stringify({ ...value, ...more(value) });

/** Each kind of record that no consumer may accept, as real systems have sent them. */
export const damages: readonly Damage[] = [
  (_, text) => text.slice(0, Math.floor(text.length * 0.6)),
  () => "<html><head><title>502 Bad Gateway</title></head></html>",
  () => "null",
  changed(({ amount }) => ({ amount: amount.toFixed(2) })),
  changed(({ amount }) => ({ amount: -amount - 0.01 })),
  changed(({ amount }) => ({ amount: Number((amount + 0.0015).toFixed(4)) })),
  changed(() => ({ txn_time: undefined })),
  changed(() => ({ txn_time: "yesterday" })),
  changed(() => ({ txn_time: "1969-12-31T23:00:00Z" })),
  changed(() => ({ currency: "EURO" })),
  changed(() => ({ category: "GROCERIES " })),
  changed(({ customer_id }) => ({ customer_id: `${customer_id} ` })),
];

const hex8 = (word: number): string => word.toString(16).padStart(8, "0");

/** A UUIDv8 that follows from an event's id and what it is for. */
const idFor = (id: string, purpose: Fault | "damaged"): string => {
  const [a, b, c, d] = [1, 2, 3, 4].map((key) => hex8(hash32(`${purpose} ${id}`, key)));
  return `${a}-${b.slice(0, 4)}-8${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
};

/** Sent when another event time than its own has come, in order of that time. */
type Held = { readonly at: number; readonly event: SimulatedEvent };

/** Spoils the delivery of a stream of events; what happened in it stays what happened. */
class Delivery {
  readonly #seed: number;
  readonly #shares: FaultShares;
  readonly #held: Held[] = [];
  readonly #stories = new Map<string, Truth>();

  constructor(seed: number, shares: FaultShares) {
    this.#seed = seed;
    this.#shares = shares;
  }

  /** What was held back and is due at `time`. */
  *due(time: number): Generator<SimulatedEvent> {
    let count = 0;
    for (; count < this.#held.length && this.#held[count].at <= time; count++)
      yield this.#held[count].event;
    this.#held.splice(0, count);
  }

  *deliver(event: SimulatedEvent): Generator<SimulatedEvent> {
    if (event.topic.name === simulationTruth.name)
      this.#stories.set(event.key, event.value as Truth);
    if (event.topic.name !== transactionsStream.name) {
      yield event;
      return;
    }
    const payment = event as Simulated<Transaction>;
    const late = keptUntil(this.#seed, event, this.#shares.late);
    if (late !== undefined) {
      const value = { ...payment.value, event_time: new Date(late).toISOString() };
      this.#hold(late, { ...payment, value, sentAt: late });
      this.#tell(late, payment, "late_burst");
      return;
    }
    yield event;
    if (drawn(event.id, 13) < this.#shares.duplicated) {
      const again = event.time + 1_000 + Math.floor(againMostMs * drawn(event.id, 14));
      this.#hold(again, { ...payment, sentAt: again });
      this.#tell(again, payment, "duplicated_delivery");
    }
    if (drawn(event.id, 15) < this.#shares.poison) {
      yield damaged(payment);
      this.#tell(event.time, payment, "poison");
    }
  }

  /** Behind what is due at the same time: what is held comes out as it came in. */
  #hold(at: number, event: SimulatedEvent): void {
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1].at > at) index--;
    this.#held.splice(index, 0, { at, event });
  }

  #tell(at: number, { key, id, value }: Simulated<Transaction>, fault: Fault): void {
    const story = this.#stories.get(key);
    if (!story) return;
    this.#hold(at, {
      topic: simulationTruth,
      key,
      time: at,
      id: idFor(id, fault),
      value: {
        ...story,
        fault,
        transaction_id: value.transaction_id,
        event_time: new Date(at).toISOString(),
        event_type: "fault",
      },
    });
  }
}

const damaged = (payment: Simulated<Transaction>): SimulatedEvent => {
  const damage = damages[hash32(payment.id, 16) % damages.length];
  const bytes = Buffer.from(damage(payment.value, JSON.stringify(payment.value)));
  return { ...payment, id: idFor(payment.id, "damaged"), bytes };
};

/**
 * The same events as they arrive where a share of deliveries goes wrong: in the order in which they
 * are sent, which is `sentAt` where that is not the event time. Nothing is lost. What would be
 * sent at `to` or later is left out.
 */
export const delivered = function* (
  seed: number,
  events: Iterable<SimulatedEvent>,
  shares: FaultShares,
  to: number,
): Generator<SimulatedEvent> {
  const delivery = new Delivery(seed, shares);
  for (const event of events) {
    yield* delivery.due(event.time);
    yield* delivery.deliver(event);
  }
  yield* delivery.due(to - 1);
};

/** The shares, from the settings that name them. */
export const faultsOf = (settings: {
  simulatedLatePerMille: number;
  simulatedDuplicatesPerMille: number;
  simulatedDoubleChargesPerMille: number;
  simulatedPoisonPerMille: number;
}): FaultShares => ({
  late: settings.simulatedLatePerMille / 1_000,
  duplicated: settings.simulatedDuplicatesPerMille / 1_000,
  doubleCharged: settings.simulatedDoubleChargesPerMille / 1_000,
  poison: settings.simulatedPoisonPerMille / 1_000,
});
