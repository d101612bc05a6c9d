import type { Redis } from "ioredis";
import type pg from "pg";
import type { CustomerUpdate } from "../events/customer.ts";
import type { CustomerFeatures } from "../events/features.ts";
import type { Prediction } from "../events/prediction.ts";
import { timeMs } from "../events/time.ts";
import { type CopyKind, copyKey } from "../redis.ts";
import { readingTables, readVectors, type Stores } from "./vectors.ts";

/** A score, and the event time that it is of, ms since 1970. */
export type Scored = { score: number; at: number };
/** What it takes to score a customer anew. */
export type Standing = {
  features: CustomerFeatures;
  /** The base currency of the profile; null: it names none. */
  currency: string | null;
  /** The newest score. */
  previous: Scored | null;
};

const copied = ["features", "customer", "score"] as const satisfies readonly CopyKind[];

/** Of those of whom Redis holds everything. */
const fromRedis = async (
  redis: Redis | undefined,
  ids: readonly string[],
): Promise<Map<string, Standing>> => {
  const found = new Map<string, Standing>();
  const keys = ids.flatMap((id) => copied.map((kind) => copyKey(kind, id)));
  const texts = (await redis?.mget(keys).catch(() => undefined)) ?? [];
  for (const [n, id] of ids.entries()) {
    const [features, customer, score] = texts.slice(n * copied.length, (n + 1) * copied.length);
    if (!features || !customer || !score) continue;
    const { base_currency: currency = null } = JSON.parse(customer) as CustomerUpdate;
    const { risk_score, event_time } = JSON.parse(score) as Prediction;
    const previous = { score: risk_score, at: timeMs(event_time) };
    found.set(id, { features: JSON.parse(features) as CustomerFeatures, currency, previous });
  }
  return found;
};

type Row = { id: string; currency: string | null; score: number | null; at: Date | null };

const knownTo = async (pool: pg.Pool, ids: readonly string[]): Promise<Map<string, Row>> => {
  const { rows } = await pool.query<Row>({
    name: "known of customers",
    text: `select id, newest.risk_score as score, newest.score_date as at,
             (select base_currency from customers where customer_id = id) as currency
           from unnest($1::text[]) id
           left join lateral (select risk_score, score_date from risk_scores where customer_id = id
             order by score_date desc, prediction_id desc limit 1) newest on true`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
};

const fromTables = async (
  stores: Stores,
  ids: readonly string[],
): Promise<[string, Standing][]> => {
  const [vectors, known] = await Promise.all([
    readVectors(stores, ids),
    readingTables(() => knownTo(stores.pool, ids)),
  ]);
  return [...vectors].map(([id, features]) => {
    const { currency = null, score = null, at = null } = known.get(id) ?? {};
    const previous = score === null || at === null ? null : { score, at: at.getTime() };
    return [id, { features, currency, previous }];
  });
};

/**
 * Where these customers stand, by id: from Redis, and of whom that does not hold everything, from
 * Postgres. Who has no features is left out. Throws READ_MODEL_AWAY when neither can say.
 */
export const readStandings = async (
  stores: Stores,
  ids: readonly string[],
): Promise<Map<string, Standing>> => {
  const found = await fromRedis(stores.redis, ids);
  const left = ids.filter((id) => !found.has(id));
  if (left.length > 0)
    for (const [id, standing] of await fromTables(stores, left)) found.set(id, standing);
  return found;
};
