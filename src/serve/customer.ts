import type { Redis } from "ioredis";
import type pg from "pg";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { customerUpdates } from "../events/topics.ts";
import { copyKey, copyKinds } from "../redis.ts";
import { type MaskNode, mask, masked } from "./masked.ts";
import type {
  CustomerAnswer,
  FeaturesAnswer,
  InterventionAnswer,
  ScoreAnswer,
  TransactionAnswer,
} from "./messages.ts";

const recentMax = 20;
const queryMaxMs = 5_000;

/** Everything that the tables know of a customer, as JSON, in one question. */
const everything = `
  select
    (select profile from customers where customer_id = $1) as profile,
    (select to_jsonb(f) from customer_features f where customer_id = $1) as features,
    (select to_jsonb(s) from (
       select *, score_date as timestamp from risk_scores
       where customer_id = $1 order by score_date desc limit 1) s) as score,
    (select coalesce(jsonb_agg(t), '[]') from (
       select * from transactions
       where customer_id = $1 order by txn_time desc limit ${recentMax}) t) as transactions,
    (select coalesce(jsonb_agg(i order by i.timestamp desc), '[]') from (
       (select to_jsonb(d) as body, timestamp from interventions d
        where customer_id = $1 order by timestamp desc limit ${recentMax})
       union all
       (select to_jsonb(d) as body, timestamp from suppressed_interventions d
        where customer_id = $1 order by timestamp desc limit ${recentMax})
       order by timestamp desc limit ${recentMax}) i) as interventions`;

type Json = Record<string, unknown>;
type Parts = { customer?: Json; features?: Json; score?: Json };
type Tables = {
  profile: Json | null;
  features: Json | null;
  score: Json | null;
  transactions: TransactionAnswer[];
  interventions: { body: InterventionAnswer }[];
};

/** What Redis holds; empty where it is away, as all of it is in Postgres too. */
const readCopies = async (redis: Redis | undefined, id: string): Promise<Parts> => {
  const texts = await redis
    ?.mget(copyKinds.map((kind) => copyKey(kind, id)))
    .catch(() => undefined);
  const parts = copyKinds.map((kind, i) => [kind, texts?.[i] && JSON.parse(texts[i])]);
  return Object.fromEntries(parts.filter(([, value]) => value));
};

/** undefined: Postgres is away. */
const readTables = async (pool: pg.Pool, id: string): Promise<Tables | undefined> => {
  try {
    const question = {
      name: "customer",
      text: everything,
      values: [id],
      query_timeout: queryMaxMs,
    };
    return (await pool.query<Tables>(question)).rows[0];
  } catch (thrown) {
    if (isUnreachable(thrown)) return undefined;
    throw thrown;
  }
};

const utc = (time: unknown): string => isoTime(timeMs(String(time)));
const utcOrNull = (time: unknown): string | null => (time == null ? null : utc(time));

const scoreOf = (score: Json): ScoreAnswer => ({
  ...(score as ScoreAnswer),
  score_date: utc(score.timestamp),
  previous_score: (score.previous_score ?? null) as number | null,
});
const featuresOf = (features: Json): FeaturesAnswer => ({
  ...(features as FeaturesAnswer),
  as_of: utc(features.as_of),
});
const transactionOf = (row: TransactionAnswer): TransactionAnswer => ({
  ...row,
  txn_time: utc(row.txn_time),
  account_id: mask,
});
const interventionOf = ({ body }: { body: InterventionAnswer }): InterventionAnswer => ({
  ...body,
  timestamp: utc(body.timestamp),
  suppressed_by: body.suppressed_by ?? null,
  not_before: utcOrNull(body.not_before),
});

/** The latest of a customer: profile, features and score from Redis where it has them. */
export const readCustomer = async (
  from: { pool: pg.Pool; redis: Redis | undefined; space: string },
  id: string,
): Promise<CustomerAnswer> => {
  const [copies, tables] = await Promise.all([
    readCopies(from.redis, id),
    readTables(from.pool, id),
  ]);
  const profile = copies.customer ?? tables?.profile ?? null;
  const score = copies.score ?? tables?.score ?? null;
  const features = copies.features ?? tables?.features ?? null;
  const known = profile ?? score ?? features ?? tables?.transactions[0] ?? tables?.interventions[0];
  if (known === undefined)
    throw tables === undefined ? failure("READ_MODEL_AWAY") : failure("CUSTOMER_UNKNOWN", id);
  return {
    customer_id: id,
    space: from.space,
    profile: masked(profile, customerUpdates.json as MaskNode) as CustomerAnswer["profile"],
    score: score && scoreOf(score),
    features: features && featuresOf(features),
    transactions: (tables?.transactions ?? []).map(transactionOf),
    interventions: (tables?.interventions ?? []).map(interventionOf),
    missing: tables === undefined ? missingParts({ profile, score, features }) : [],
  };
};

const missingParts = (found: Record<string, unknown>): string[] => [
  ...Object.keys(found).filter((name) => found[name] === null),
  "transactions",
  "interventions",
];
