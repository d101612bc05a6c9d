import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { backoffMs, Failure, failure, sentenceOf } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { importProgress, ticks } from "../../events/topics.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { codes, KafkaError } from "../../stream/kafka-error.ts";
import { openWriter, type Writer } from "../../stream/writer.ts";
import { type FaultShares, noFaults } from "./faults.ts";
import { history } from "./history.ts";
import type { SimulatedEvent } from "./journal.ts";
import { people } from "./people.ts";
import { type Position, positionRecord, readBegun, readPosition } from "./position.ts";

export type SimulatorOptions = {
  bootstrap: string;
  space: string;
  seed: number;
  customers: number;
  historyDays: number;
  /** Without them nothing goes wrong on the way. */
  faults?: FaultShares;
  /** One sentence about something that a person should know. */
  say: (sentence: string) => void;
  /** Told after each commit. */
  progress?: (position: Position) => void;
  /** Called when everything up to the present was told: now the clock may run. */
  onPresent?: () => void;
  now?: () => number;
  /** Events in one commit while history is told. */
  commitEvents?: number;
};

const commitEvents = 20_000;
const tickEveryMs = 3_600_000;
/** What trying again would not change. */
const final: ReadonlySet<string> = new Set(["FENCED", "SPACE_TOLD"]);
const longestWaitMs = 10_000;
const takeoverMs = 5_000;

/**
 * The live space's source: tells the history of simulated people up to now as fast as Kafka takes
 * it, with a tick an hour, then goes on in real time. Events, ticks and position are committed
 * together; a run that was stopped anywhere is continued there, and what would have happened in
 * between is told first. Opening the writer shuts out a run that still lives.
 */
export const simulator = (options: SimulatorOptions) => ({
  run: (signal: AbortSignal): Promise<void> => new Simulation(options).run(signal),
});

class Simulation {
  readonly #options: SimulatorOptions;
  readonly #now: () => number;
  readonly #teller = randomUUID();
  #position: Position | undefined;
  #writer!: Writer;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const known = this.#position?.events;
      try {
        await this.#live(signal);
        return;
      } catch (thrown) {
        if (!(thrown instanceof KafkaError || thrown instanceof Failure)) throw thrown;
        if (thrown instanceof Failure && final.has(thrown.code)) throw thrown;
        if (signal.aborted) return;
        if (this.#position?.events !== known) attempt = 0;
        // Once is no news: a fresh topic's leader or a lost answer is there a moment later.
        if (attempt === 1)
          this.#options.say(`The simulator waits and tries again: ${sentenceOf(thrown)}`);
        await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { bootstrap, space } = this.#options;
    this.#writer = await openWriter({
      bootstrap,
      space,
      source: "simulator@1",
      transactionalId: "simulator",
    });
    try {
      const begun = await this.#start(signal);
      if (begun === undefined) return await stopped(signal);
      await this.#commit(begun);
      const { seed, customers, from, stretches, faults, events: told } = this.#position as Position;
      const crowd = people(seed, customers);
      const events = history(seed, crowd, from, Number.POSITIVE_INFINITY, stretches, faults);
      for (let skipped = 0; skipped < told; skipped++) events.next();
      await this.#tell(events, signal);
    } catch (thrown) {
      throw await this.#explained(thrown, signal);
    } finally {
      await this.#writer.abort().catch(() => {});
      await this.#writer.close();
    }
  }

  /**
   * Where to go on: the space's own people and position, and a new stretch of real time. Undefined:
   * a plan is what happens in this space, and nothing else may.
   */
  async #start(signal: AbortSignal): Promise<Position | undefined> {
    const { bootstrap, space, seed, customers, historyDays, say } = this.#options;
    const { faults = noFaults } = this.#options;
    const teller = this.#teller;
    const { simulated: before, planned } = await readBegun(bootstrap, space, signal);
    if (planned) {
      say(`The space ${space} lives by its plan: ./bellwether simulate transactions streams it.`);
      return undefined;
    }
    // After a lost connection the same stretch goes on.
    if (before?.teller === teller) return { ...before, present: false };
    const now = this.#now();
    if (!before) {
      const from = (Math.floor(now / DAY_MS) - historyDays) * DAY_MS;
      const stretches = [{ from: now, to: undefined }];
      const begun = { events: 0, newest: from, present: false };
      return { teller, seed, customers, from, faults, stretches, ...begun };
    }
    const asked = { seed, customers, faults };
    const { seed: ofSeed, customers: ofCustomers, faults: ofFaults } = before;
    if (!isDeepStrictEqual(asked, { seed: ofSeed, customers: ofCustomers, faults: ofFaults }))
      say(
        `The space ${space} goes on with its ${ofCustomers} people of seed ${ofSeed}, and their ` +
          "faults. Run ./bellwether reset to begin with others.",
      );
    const ended = before.stretches.map((stretch, index) => ({
      from: stretch.from,
      to: index === before.stretches.length - 1 ? before.newest : stretch.to,
    }));
    const lived = ended.filter(({ from, to }, index) => index === 0 || (to ?? 0) > from);
    const stretches = [...lived, { from: now, to: undefined }];
    return { ...before, teller, stretches, present: false };
  }

  async #tell(events: Iterator<SimulatedEvent>, signal: AbortSignal): Promise<void> {
    const { onPresent, commitEvents: most = commitEvents } = this.#options;
    let { events: told, newest, present } = this.#position as Position;
    let open = 0;
    let tick = (Math.floor(newest / tickEveryMs) + 1) * tickEveryMs;
    const commit = async (): Promise<void> => {
      await this.#commit({ ...(this.#position as Position), events: told, newest, present });
      open = 0;
    };
    for (let event = next(events); !signal.aborted; event = next(events)) {
      const due = event.sentAt ?? event.time;
      while (due > this.#now()) {
        if (!present) await this.#tick(this.#now());
        const first = !present;
        present = true;
        if (first || open > 0) await commit();
        if (first) onPresent?.();
        const wait = Math.min(longestWaitMs, Math.max(1, due - this.#now()));
        await delay(wait, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
      if (!present) for (; tick <= due; tick += tickEveryMs) await this.#tick(tick);
      const wait = this.#send(event);
      if (wait) await wait;
      told++;
      newest = due;
      if (++open >= most) await commit();
    }
    if (open > 0) await commit();
  }

  #send(event: SimulatedEvent): undefined | Promise<void> {
    const { key, value, time, id, bytes } = event;
    return this.#writer.send(event.topic as Contract<unknown>, key, value, { time, id, bytes });
  }

  async #tick(time: number): Promise<void> {
    for (let partition = 0; partition < ticks.partitions; partition++)
      await this.#writer.send(ticks, String(partition), time, { partition });
  }

  async #commit(position: Position): Promise<void> {
    const record = positionRecord(position);
    await this.#writer.send(importProgress, record.sha256, record);
    await this.#writer.commit();
    this.#position = position;
    this.#options.progress?.(position);
  }

  /**
   * Being shut out is final when another simulator has taken over: its first commit says so, a
   * moment after it opened its writer. After a sleep longer than a transaction may last it is not.
   */
  async #explained(thrown: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(thrown instanceof KafkaError) || thrown.code !== codes.fenced) return thrown;
    for (;;) {
      await delay(takeoverMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return thrown;
      try {
        const found = await readPosition(this.#options.bootstrap, this.#options.space);
        if (found === undefined || found.teller === this.#teller) return thrown;
        return failure("FENCED", "the simulator of this space");
      } catch {
        // Who took over cannot be seen just now. Going on would shut them out in turn.
      }
    }
  }
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

const next = (events: Iterator<SimulatedEvent>): SimulatedEvent => events.next().value;
