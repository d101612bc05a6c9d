import { setImmediate as breathe } from "node:timers/promises";
import type pg from "pg";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import type { Contract } from "../events/contract.ts";
import { outcomes, transactions, transactionsStream } from "../events/topics.ts";
import { admit } from "../stream/admit.ts";
import { mintId } from "../stream/ids.ts";
import { sampledTrace } from "../stream/intake.ts";
import type { DeadReason, Topic } from "../stream/topic.ts";
import { recordsOf } from "./offer.ts";
import { type Ready, Rounds } from "./rounds.ts";

/**
 * The way in by HTTP. Records are checked as every reader of the topic will check them, so that
 * what cannot be used is refused to its sender and never becomes a dead letter. A record is known
 * by its id; sent again under it, everybody who reads the topic counts it once.
 */
export type Offer = {
  topic: string;
  body: Buffer;
  /** One record on each line. */
  lines: boolean;
  idempotencyKey: string | undefined;
  traceparent: string | undefined;
};
export type Result = {
  index: number;
  status: "accepted" | "refused";
  id: string | null;
  reason?: string;
  error?: string;
};
export type Answer = { topic: string; accepted: number; refused: number; results: Result[] };

export type HttpIngestOptions = {
  bootstrap: string;
  space: string;
  recordMaxBytes: number;
  pool: pg.Pool;
};

/** A topic that may be written by HTTP, and which field tells a record from all others. */
type Door = {
  topic: Topic;
  id: string;
  /** Whose events these are must be known already. */
  ofKnown?: boolean;
};
const doors: readonly Door[] = [
  { topic: transactionsStream as Contract<unknown>, id: "transaction_id" },
  { topic: transactions as Contract<unknown>, id: "tx_id" },
  { topic: outcomes as Contract<unknown>, id: "outcome_id", ofKnown: true },
];
/** Topics that the API writes. */
export const httpTopics: readonly Topic[] = doors.map(({ topic }) => topic);

type Reason = DeadReason | "id_missing" | "customer_unknown";
type Refusal = { reason: Reason; error: string };
type Taken = Ready & { id: string };

const inFlightMaxBytes = 48_000_000;
const checkedAtOnce = 500;

const refusal = (reason: Reason, error: string): Refusal => ({ reason, error });
const idMissing = (field: string): Refusal =>
  refusal("id_missing", `${field} is missing: add it, or send the header Idempotency-Key.`);
const noTombstone = refusal("tombstone", "null is no record: send one JSON object.");
const tooLarge = (most: number): Refusal =>
  refusal("record_too_large", `The record has more than ${most} bytes: send a smaller one.`);

const judge = (
  { topic, id: field }: Door,
  bytes: Buffer,
  place: { now: number; most: number; key: string | undefined; index: number },
): Taken | Refusal => {
  const { now, most, key: idempotencyKey, index } = place;
  if (bytes.length === 4 && bytes.toString() === "null") return noTombstone;
  if (bytes.length > most) return tooLarge(most);
  // The key comes from the value, so that they cannot differ.
  const asked = { key: "given", value: bytes, header: undefined, appendTime: now };
  const found = admit({ ...topic, keyOf: undefined }, asked, most);
  if (found.reason !== undefined) {
    const cure = found.reason === "time_out_of_range" ? ": correct its time." : "";
    return refusal(found.reason, `${found.detail}${cure}`);
  }
  const { value } = found;
  const key = topic.keyOf?.(value) as string;
  const id = (value as Record<string, string | null | undefined>)[field];
  if (id) return { key, id, origin: undefined, value, bytes };
  if (idempotencyKey === undefined) return idMissing(field);
  const origin = `http-${mintId("http", `${topic.name}\n${idempotencyKey}`, index)}`;
  // The id that every reader gives to a transaction which has none.
  return { key, id: mintId("transaction", origin, 0), origin, value, bytes };
};

const knownSql = `
  select id from unnest($1::text[]) id
  where exists (select from customers where customer_id = id)
     or exists (select from transactions where customer_id = id)
     or exists (select from risk_scores where customer_id = id)`;

const nobody = (key: string): Refusal =>
  refusal(
    "customer_unknown",
    `There is no customer "${key.slice(0, 100)}": check customer_id, or send their events first.`,
  );

export class HttpIngest {
  readonly #options: HttpIngestOptions;
  readonly #rounds: Rounds;
  #inFlightBytes = 0;

  constructor(options: HttpIngestOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options);
  }

  /**
   * Takes in a request's records; what it says is accepted is in Kafka. Throws INGEST_CLOSED for a
   * topic that is not taken, REQUEST_WRONG for a body without records, INGEST_BUSY, and
   * BROKER_AWAY, upon which none counts as accepted.
   */
  accept = async (offer: Offer): Promise<Answer> => {
    const door = doors.find(({ topic }) => topic.name === offer.topic);
    if (door === undefined) throw failure("INGEST_CLOSED", offer.topic);
    const { length } = offer.body;
    if (this.#inFlightBytes + length > inFlightMaxBytes)
      throw failure("INGEST_BUSY", `${inFlightMaxBytes}`);
    this.#inFlightBytes += length;
    try {
      return await this.#take(door, offer);
    } finally {
      this.#inFlightBytes -= length;
    }
  };

  async #take(door: Door, offer: Offer): Promise<Answer> {
    const { body, lines, idempotencyKey: key, traceparent } = offer;
    const records = recordsOf(body, lines);
    if (records.length === 0) throw failure("REQUEST_WRONG", "it holds no record");
    const now = Date.now();
    const most = this.#options.recordMaxBytes;
    const judged: (Taken | Refusal)[] = [];
    for (const [index, bytes] of records.entries()) {
      judged.push(judge(door, bytes, { now, most, key, index }));
      if (index % checkedAtOnce === checkedAtOnce - 1) await breathe();
    }
    if (door.ofKnown) await this.#refuseNobody(judged);
    const taken = judged.filter((one): one is Taken => "bytes" in one);
    if (taken.length > 0) await this.#rounds.put(door.topic, taken, sampledTrace(traceparent));
    return {
      topic: door.topic.name,
      accepted: taken.length,
      refused: judged.length - taken.length,
      results: judged.map((one, index) =>
        "bytes" in one
          ? { index, status: "accepted", id: one.id }
          : { index, status: "refused", id: null, ...one },
      ),
    };
  }

  async #refuseNobody(judged: (Taken | Refusal)[]): Promise<void> {
    const keys = new Set(judged.flatMap((one) => ("bytes" in one ? [one.key] : [])));
    if (keys.size === 0) return;
    let known: Set<string>;
    try {
      const { rows } = await this.#options.pool.query<{ id: string }>(knownSql, [[...keys]]);
      known = new Set(rows.map(({ id }) => id));
    } catch (thrown) {
      throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
    }
    for (const [at, one] of judged.entries())
      if ("bytes" in one && !known.has(one.key)) judged[at] = nobody(one.key);
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }
}
