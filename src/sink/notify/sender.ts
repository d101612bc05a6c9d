import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { type Patience, patiently, type Say, transact } from "../../db.ts";
import { expireCalls, listCall } from "./call-list.ts";
import type { Answer, Channel, Outgoing } from "./channel.ts";
import { lastCheck, readCircumstances } from "./last-check.ts";
import {
  conclude,
  expire,
  giveUpLost,
  isOnItsWay,
  type Reservation,
  rejectUnknown,
  reserve,
  settle,
} from "./ledger.ts";
import { nextDue, postpone, type Queued } from "./queue.ts";
import type { Templates } from "./templates.ts";

export type SenderOptions = {
  pool: pg.Pool;
  /** Postgres's address, for messages. */
  address: string;
  channels: readonly Channel[];
  templates: Templates;
  /** Who reserves; no two senders may bear one name. */
  name: string;
  /** How long a send may take. */
  sendMaxMs: number;
  /** How long a stop waits for what is on its way. */
  drainMaxMs: number;
  say: Say;
  now?: () => number;
  /** Whether what customers said last may not be in the tables yet; without it, it is. */
  isBehind?: () => boolean;
};

/** A channel as this sender sees it. */
type Line = { channel: Channel; inFlight: number; failures: number; pausedUntil: number };
type Job = Reservation & { message: Outgoing; line: Line; since: number };

const inFlightMost = 4;
const idleMs = 250;
const sweepEveryMs = 1_000;
const soonMs = 1_000;
const pauseMs = (failures: number) => Math.min(60_000, 500 * 2 ** failures);
const brokenPauseMs = 60_000;

/** Postgres gave way to another transaction, such as an erasure: the same may be tried again. */
const lostRace = (thrown: unknown): boolean =>
  /^40/.test((thrown as { code?: string } | undefined)?.code ?? "");

/**
 * Carries notifications out. Of what is due the most urgent goes first, on whichever channel has
 * room: one that hangs or is paused holds up nobody else. A channel that fails gets one message at
 * a time, after growing pauses, until it takes one.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #now: () => number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #kill = new AbortController();
  /** Reservations of which it is not known whether they were committed; nothing was sent. */
  #unsure: Reservation[] = [];
  #sweptAt = Number.NEGATIVE_INFINITY;
  #wake = Promise.withResolvers<void>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#channels = new Map(options.channels.map((channel) => [channel.name, channel]));
    const idle = { inFlight: 0, failures: 0, pausedUntil: Number.NEGATIVE_INFINITY };
    this.#lines = new Map(
      options.channels.map((channel) => [channel.name, { channel, ...idle }] as const),
    );
  }

  /** Something new may be due. */
  wake = (): void => this.#wake.resolve();

  /** Sends until the signal, then lets what is on its way end. */
  async run(signal: AbortSignal): Promise<void> {
    const { drainMaxMs } = this.#options;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      const went = await this.#patiently(() => this.#turn(), signal).catch((thrown) => {
        if (signal.aborted || lostRace(thrown)) return false;
        throw thrown;
      });
      if (!went && !signal.aborted) await this.#pause(signal);
    }
    const drained = AbortSignal.timeout(drainMaxMs);
    const kill = () => this.#kill.abort();
    drained.addEventListener("abort", kill);
    await Promise.allSettled(this.#inFlight);
    drained.removeEventListener("abort", kill);
  }

  /** Sends all that is due now, and waits until it has been answered. */
  async settleAll(): Promise<void> {
    for (let isBusy = true; isBusy; ) {
      isBusy = (await this.#sweep()) > 0;
      while ((await this.#turn()) || (await this.#landed())) isBusy = true;
    }
  }

  /** Waits until one of those that are on their way is answered; false when there is none. */
  async #landed(): Promise<boolean> {
    if (this.#inFlight.size === 0) return false;
    await Promise.race(this.#inFlight);
    return true;
  }

  #patiently<T>(work: () => Promise<T>, signal: AbortSignal, say = this.#options.say): Promise<T> {
    const patience: Patience = { address: this.#options.address, say, signal };
    return patiently(work, patience);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    const waiting = delay(idleMs, undefined, { signal: either }).catch(() => {});
    await Promise.race([waiting, this.#wake.promise]);
    end.abort();
  }

  /** False: there is nothing to do just now. */
  async #turn(): Promise<boolean> {
    await this.#takeBackUnsure();
    const swept = performance.now() - this.#sweptAt >= sweepEveryMs ? await this.#sweep() : 0;
    return (await this.#next()) || swept > 0;
  }

  async #takeBackUnsure(): Promise<void> {
    for (const reservation of [...this.#unsure]) {
      const answer: Answer = { said: "later", reason: "not_sent" };
      const now = this.#now();
      await transact(this.#options.pool, (client) =>
        settle(client, reservation, answer, { now, nextAt: now }),
      );
      this.#unsure = this.#unsure.filter((one) => one !== reservation);
    }
  }

  async #sweep(): Promise<number> {
    const now = this.#now();
    // As long as a sender may take before it may no longer send, and as long again for its answer.
    const leaseMs = 4 * this.#options.sendMaxMs;
    const names = [...this.#channels.keys()];
    const ended = await transact(this.#options.pool, async (client) => {
      const lost = await giveUpLost(client, this.#channels, { now, leaseMs });
      const unknown = await rejectUnknown(client, names, now);
      const calls = await expireCalls(client, now);
      return lost + unknown + calls + (await expire(client, now));
    });
    this.#sweptAt = ended > 0 ? Number.NEGATIVE_INFINITY : performance.now();
    return ended;
  }

  #free(): Line[] {
    const now = this.#now();
    return [...this.#lines.values()].filter(
      ({ inFlight, failures, pausedUntil }) =>
        pausedUntil <= now && inFlight < (failures > 0 ? 1 : inFlightMost),
    );
  }

  /** Decides about the most urgent notification that is due; false when there is none. */
  async #next(): Promise<boolean> {
    const free = this.#free();
    if (free.length === 0) return false;
    const since = performance.now();
    let job: Job | undefined;
    let found = false;
    const { pool } = this.#options;
    try {
      await transact(pool, async (client) => {
        const names = free.map(({ channel }) => channel.name);
        const queued = await nextDue(client, names, this.#now());
        found = queued !== undefined;
        if (queued) job = await this.#decide(client, queued, since);
      });
    } catch (thrown) {
      if (job !== undefined) this.#unsure.push(job);
      throw thrown;
    }
    if (job !== undefined) this.#start(job);
    return found;
  }

  /** One decision about one customer at a time, whichever process makes it. */
  async #decide(client: pg.ClientBase, queued: Queued, since: number): Promise<Job | undefined> {
    const now = this.#now();
    const end = (status: "withdrawn" | "rejected", reason: string) =>
      conclude(client, [{ queued, status, reason, at: now }], now).then(() => undefined);
    const turn = `notify ${queued.customer_id ?? queued.notification_id}`;
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [turn]);
    // Asked before the tables are read, so that they are at least as young as the answer.
    const isBehind = queued.audience === "customer" && this.#options.isBehind?.();
    const known = { ...(await readCircumstances(client, queued, now)), isBehind };
    const verdict = lastCheck(queued, known, now);
    if (verdict.is === "withdraw") return end("withdrawn", verdict.reason);
    if (verdict.is === "wait") {
      // Until it expires at the latest, to be ended then.
      const until = Math.min(verdict.until, queued.expires_at.getTime());
      return postpone(client, queued, until).then(() => undefined);
    }
    if (queued.expires_at.getTime() <= now) return undefined;
    const line = this.#lines.get(queued.channel) as Line;
    const { channel } = line;
    const to = channel.addressOf({ recipient: queued.recipient, profile: known.profile });
    if (to === undefined) return end("rejected", "no_address");
    const { language, name } = known.profile ?? {};
    const { templates } = this.#options;
    const text = templates.render(queued.message, queued.channel, language, { name });
    if (text === undefined) return end("rejected", "no_text");
    const attempt = queued.attempts + 1;
    const { name: sender } = this.#options;
    const reservation = { queued, channel, attempt, sender, reservedAt: now };
    if (!(await reserve(client, reservation))) {
      if (!(await isOnItsWay(client, queued))) return end("withdrawn", "already_sent");
      return postpone(client, queued, now + soonMs).then(() => undefined);
    }
    if (channel.send === undefined) {
      await listCall(client, reservation, now);
      await settle(client, reservation, { said: "accepted" }, { now, nextAt: now });
      return undefined;
    }
    const message = { ...text, ...outgoing(queued), to };
    return { ...reservation, message, line, since };
  }

  #start(job: Job): void {
    job.line.inFlight++;
    const done = this.#send(job)
      .catch((thrown) => {
        // What could not be written down is found by whoever sweeps next.
        const { code = thrown?.name } = thrown as { code?: string };
        this.#options.say(`What became of ${job.message.id} could not be noted: ${code}.`);
      })
      .finally(() => {
        job.line.inFlight--;
        this.#inFlight.delete(done);
        this.wake();
      });
    this.#inFlight.add(done);
  }

  async #send(job: Job): Promise<void> {
    const { pool, sendMaxMs } = this.#options;
    const { channel, message, line, since } = job;
    // A process that slept through its time must not send any more: the ledger may have moved on.
    const isLate = performance.now() - since > sendMaxMs;
    const answer: Answer = isLate
      ? { said: "later", reason: "too_late" }
      : await (channel.send as NonNullable<Channel["send"]>)(message, this.#kill.signal);
    const nextAt = this.#note(line, answer);
    const now = this.#now();
    const write = () => transact(pool, (client) => settle(client, job, answer, { now, nextAt }));
    await this.#patiently(write, this.#kill.signal, () => {});
  }

  /** What an answer says of the channel; returns when another attempt may be made. */
  #note(line: Line, { said, reason, retryAfterMs, broken }: Answer): number {
    const { say } = this.#options;
    const { name } = line.channel;
    const now = this.#now();
    if (said === "accepted" || said === "rejected") {
      if (line.failures > 0) say(`Messages by ${name} go out again.`);
      line.failures = 0;
      return now;
    }
    const cure = broken ? "Check the channel's settings. " : "";
    if (line.failures === 0)
      say(`Messages by ${name} do not go out just now (${reason}). ${cure}Trying again.`);
    line.failures++;
    const own = broken ? brokenPauseMs : pauseMs(line.failures);
    line.pausedUntil = Math.max(line.pausedUntil, now + (retryAfterMs ?? own));
    return line.pausedUntil;
  }
}

const outgoing = (queued: Queued): Omit<Outgoing, "to" | "subject" | "text" | "language"> => ({
  id: queued.notification_id,
  audience: queued.audience,
  priority: queued.priority,
  customerId: queued.customer_id,
  interventionId: queued.intervention_id,
});
