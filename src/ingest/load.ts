import { setTimeout as delay } from "node:timers/promises";
import type { Contract } from "../events/contract.ts";
import { Quantiles } from "../rules/quantiles.ts";
import { type Random, randomOf } from "../rules/random.ts";
import type { Writer } from "../stream/writer.ts";
import { dayNumberOf } from "./simulate/days.ts";
import { habits } from "./simulate/habits.ts";
import { Journal } from "./simulate/journal.ts";
import { Life } from "./simulate/life.ts";
import { people } from "./simulate/people.ts";
import { tellTrouble } from "./troubled-past.ts";

export type LoadOptions = {
  writer: Writer;
  /** Transactions a second. */
  rate: number;
  seconds: number;
  /** Share of them that fail. */
  failedShare: number;
  /** Share of the customers who have a troubled past, which is sent first. */
  troubledShare: number;
  customers: number;
  seed: number;
  /** Called about once a second. */
  progress?: (sent: number, ms: number) => void;
};

export type Sent = {
  sent: number;
  ms: number;
  /** How long after its intended time each was sent, in microseconds. */
  delay: Quantiles;
  /** ms since 1970: no transaction of this load has an earlier event time. */
  start: number;
};

/** Ids of the customers that a load makes up. */
export const loadPrefix = "LOAD";
const restMs = 1;
/** The past is to be taken in before the load begins. */
const perPastEventMs = 0.2;
const progressEveryMs = 1_000;

/**
 * Sends transactions of made-up customers at a steady rate. Each has a time at which it is to be
 * sent, which is its event time; when this process or Kafka falls behind, it is sent late and bears
 * the intended time still, so that waiting counts as latency.
 */
export const offerLoad = async (options: LoadOptions, signal: AbortSignal): Promise<Sent> => {
  const { writer, rate, seconds, customers, seed, progress } = options;
  const random = randomOf(seed, "load");
  const journal = new Journal(seed);
  const today = dayNumberOf(Date.now());
  const lives = people(seed, customers, loadPrefix).map((one) => new Life(seed, one, today));
  const troubled = new Set(lives.filter(() => random.chance(options.troubledShare)));
  for (const life of troubled) tellTrouble(life, Date.now(), random, journal);
  const past = journal.events.length;
  for (const life of lives) journal.profile(life, Date.now());
  await send(writer, journal);
  await writer.flush();
  const start = Date.now() + 10 + Math.ceil(past * perPastEventMs);
  const total = Math.floor(rate * seconds);
  const lateness = new Quantiles();
  let sent = 0;
  let told = start;
  while (sent < total && !signal.aborted) {
    const now = Date.now();
    for (; sent < total && intended(start, sent, rate) <= now; sent++) {
      const at = intended(start, sent, rate);
      const life = random.pick(lives);
      const fails = troubled.has(life) || random.chance(options.failedShare);
      transact(life, at, fails, random, journal);
      await send(writer, journal);
      lateness.record((Date.now() - at) * 1_000);
    }
    if (now - told >= progressEveryMs) {
      told = now;
      progress?.(sent, now - start);
    }
    await delay(restMs);
  }
  await writer.flush();
  return { sent, ms: Date.now() - start, delay: lateness, start };
};

const intended = (start: number, index: number, rate: number): number =>
  start + Math.floor((index * 1_000) / rate);

const send = async (writer: Writer, journal: Journal): Promise<void> => {
  for (const { topic, key, value, time, id } of journal.events)
    await writer.send(topic as Contract<unknown>, key, value, { time, id });
  journal.events.length = 0;
};

/** One transaction: a purchase, or one that fails, or pay when the account has run low. */
const transact = (
  life: Life,
  at: number,
  fails: boolean,
  random: Random,
  journal: Journal,
): void => {
  const { person } = life;
  const index = random.whole(0, habits.length - 2);
  const amount = Math.max(50, Math.round(person.spending.median[index] * random.between(0.3, 2)));
  const merchant = person.spending.merchants[index][0];
  const { category, channel } = habits[index];
  if (fails) journal.refuse(life, at, amount, { category, channel, merchant });
  else if (amount > life.current)
    journal.credit(life, at, person.pay, {
      category: "salary",
      channel: "bank_transfer",
      merchant: person.employer,
    });
  else journal.debit(life, at, amount, { category, channel, merchant });
};
