import type { Redis } from "ioredis";
import type pg from "pg";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import type { CustomerFeatures } from "../events/features.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { copyKey } from "../redis.ts";

export type Stores = { pool: pg.Pool; redis: Redis | undefined };

/** Does work in Postgres; READ_MODEL_AWAY while that is away. */
export const readingTables = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
  }
};

const fromRedis = async (
  redis: Redis | undefined,
  ids: readonly string[],
): Promise<CustomerFeatures[]> => {
  const keys = ids.map((id) => copyKey("features", id));
  const texts = await redis?.mget(keys).catch(() => undefined);
  return (texts ?? []).flatMap((text) => (text ? [JSON.parse(text) as CustomerFeatures] : []));
};

const fromPostgres = async (pool: pg.Pool, ids: readonly string[]): Promise<CustomerFeatures[]> => {
  const { rows } = await pool.query<CustomerFeatures & { as_of: Date }>({
    name: "vectors",
    text: "select * from customer_features where customer_id = any($1)",
    values: [ids],
  });
  return rows.map((row) => {
    const as_of = isoTime(timeMs(row.as_of.toISOString()));
    return { ...row, as_of, event_time: as_of };
  });
};

/**
 * The newest feature vectors of these customers, by id: from Redis, and from Postgres what is not
 * there. Throws READ_MODEL_AWAY when neither can say.
 */
export const readVectors = async (
  { pool, redis }: Stores,
  ids: readonly string[],
): Promise<Map<string, CustomerFeatures>> => {
  const found = new Map<string, CustomerFeatures>();
  const keep = (vectors: CustomerFeatures[]) => {
    for (const vector of vectors) found.set(vector.customer_id, vector);
  };
  keep(await fromRedis(redis, ids));
  const left = ids.filter((id) => !found.has(id));
  if (left.length > 0) keep(await readingTables(() => fromPostgres(pool, left)));
  return found;
};
