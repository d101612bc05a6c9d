import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { backoffMs } from "../errors.ts";
import { type AccessAct, type AccessEvent, accessLog } from "../events/access.ts";
import { ingestId } from "../stream/ids.ts";
import type { AccessEntry } from "./messages/access.ts";
import type { Recording } from "./recording.ts";

/**
 * Who came in, who was refused, who looked at what. Whoever has personal data shown waits until the
 * record is in Kafka. Coming, going and being refused go on while Kafka is away: their records wait
 * in memory, a bounded number of them, and follow.
 */
type Actor = { readonly name: string; readonly role: string };
type Act = {
  readonly what: AccessAct;
  readonly customer_id?: string;
  readonly fields?: string[];
  readonly reason?: string;
  readonly detail?: string;
};

const waitingMost = 1_000;
const sameAgainMs = 60_000;
const rememberedMost = 5_000;

export class AccessLog {
  readonly #record: Recording;
  readonly #stop = new AbortController();
  readonly #refused = new Map<string, number>();
  #waiting: AccessEvent[] = [];
  #running: Promise<void> | undefined;

  constructor(record: Recording) {
    this.#record = record;
  }

  /** Resolves once the record is in Kafka. Throws UNRECORDED. */
  async record(who: Actor, act: Act): Promise<AccessEvent> {
    const event = eventOf(who, act);
    await this.#record(accessLog, event);
    return event;
  }

  /** Has what somebody asks for or does on record before it counts. Throws UNRECORDED. */
  acted = async (who: Actor, detail: string, customer_id?: string): Promise<void> => {
    await this.record(who, { what: "acted", customer_id, detail: detail.slice(0, 500) });
  };

  /** Records it as soon as Kafka takes it. */
  note(who: Actor, act: Act): void {
    this.#waiting.push(eventOf(who, act));
    this.#waiting = this.#waiting.slice(-waitingMost);
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined;
    });
  }

  /** Notes that somebody's role was refused; the same again within a minute is no news. */
  noteRefused(who: Actor, route: string): void {
    const key = `${who.name}\n${route}`;
    const now = Date.now();
    if (now - (this.#refused.get(key) ?? 0) < sameAgainMs) return;
    this.#refused.delete(key);
    this.#refused.set(key, now);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > rememberedMost) this.#refused.delete(oldest);
    this.note(who, { what: "refused", detail: route });
  }

  async #write(): Promise<void> {
    for (let attempt = 0; this.#waiting.length > 0; attempt++) {
      const [next] = this.#waiting;
      try {
        await this.#record(accessLog, next);
        this.#waiting = this.#waiting.filter((one) => one !== next);
        attempt = 0;
      } catch {
        if (this.#stop.signal.aborted) return;
        await delay(backoffMs(attempt), undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  /** Tries once more to write what waits. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const eventOf = ({ name, role }: Actor, act: Act): AccessEvent => {
  const now = Date.now();
  return {
    access_id: ingestId(now),
    actor: name,
    role,
    ...act,
    timestamp: new Date(now).toISOString(),
    event_type: "access",
  };
};

export type AccessQuestion = {
  readonly actor?: string;
  readonly what?: string;
  readonly customer_id?: string;
  /** The id of an entry: only those before it. */
  readonly before?: string;
  readonly limit: number;
};

const queryMaxMs = 5_000;

/** Entries of the log, the newest first. */
export const readAccessLog = async (
  pool: pg.Pool,
  { actor, what, customer_id, before, limit }: AccessQuestion,
): Promise<AccessEntry[]> => {
  const question = {
    text: `select access_id, actor, role, what, customer_id, fields, reason, detail, timestamp
      from access_log
      where ($1::text is null or actor = $1) and ($2::text is null or what = $2)
        and ($3::text is null or customer_id = $3)
        and ($4::text is null or (timestamp, access_id) <
          (select timestamp, access_id from access_log where access_id = $4))
      order by timestamp desc, access_id desc limit $5`,
    values: [actor ?? null, what ?? null, customer_id ?? null, before ?? null, limit],
    query_timeout: queryMaxMs,
  };
  const { rows } = await pool.query<Omit<AccessEntry, "timestamp"> & { timestamp: Date }>(question);
  return rows.map((row) => ({ ...row, timestamp: row.timestamp.toISOString() }));
};
