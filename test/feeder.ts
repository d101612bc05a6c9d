import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../src/errors.ts";
import { isoTime } from "../src/events/time.ts";
import { customerUpdates } from "../src/events/topics.ts";
import { type Transaction, transactionsStream } from "../src/events/transaction.ts";
import { profileOf, transactionOf } from "./events.ts";
import type { Stage } from "./space.ts";

const stepMs = 60 * 60_000;
const daysBack = 300;
/** The pace of the load: this long between two steps. */
const restMs = 15;
const people = Array.from({ length: 12 }, (_, at) => `FED-${at}`);

/** What a customer does in a step, told by both numbers alone. */
const actOf = (step: number, at: number): Partial<Transaction> => {
  const balance_after = 500 - ((step * 7 + at * 131) % 900);
  if ((step + at * 60) % 2_000 === 0)
    return { txn_type: "credit", category: "salary", amount: 1_500, balance_after: 900 };
  if ((step + at) % 9 === 0)
    return { category: "rent", amount: 700, is_failed: true, balance_after };
  if ((step + at) % 11 === 0)
    return { category: "cash", channel: "atm", amount: 150, balance_after };
  return { category: "groceries", amount: 5 + ((step * 13 + at) % 20), balance_after };
};

/** Transactions without end, an hour of event time after the other, until it is stopped. */
export class Feeder {
  readonly #stage: Stage;
  readonly #from = Date.now() - daysBack * 86_400_000;
  #step = 0;
  #isFeeding = false;
  #fed: Promise<void> = Promise.resolve();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Profiles come first, on their own, so that what follows depends on no race with them. */
  async introduce(): Promise<void> {
    const { writer } = this.#stage;
    for (const one of people) await writer.send(customerUpdates, one, profileOf(one, this.#from));
    await writer.flush();
  }

  start(): void {
    this.#isFeeding = true;
    this.#fed = this.#feed();
  }

  async stop(): Promise<void> {
    this.#isFeeding = false;
    await this.#fed;
  }

  async #feed(): Promise<void> {
    for (; this.#isFeeding; this.#step++) {
      const time = this.#from + this.#step * stepMs;
      if (time > Date.now()) throw new Error(`Fed up to ${isoTime(time)}, which is the future`);
      await this.#tell(time).catch(async (thrown) => {
        if (!(thrown instanceof Failure) || thrown.code !== "STUCK") throw thrown;
        // Told again by another client: what had arrived already is a duplicate by its id.
        await this.#stage.reopenWriter();
        await this.#tell(time);
      });
      await delay(restMs);
    }
  }

  async #tell(time: number): Promise<void> {
    const { writer } = this.#stage;
    for (const [at, one] of people.entries()) {
      const value = transactionOf(one, `${one}-${this.#step}`, time, actOf(this.#step, at));
      await writer.send(transactionsStream, one, value);
    }
    await writer.flush();
  }
}
