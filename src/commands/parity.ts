import { parseArgs } from "node:util";
import type pg from "pg";
import type { Config } from "../config.ts";
import { openPool } from "../db.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure, sentenceOf } from "../errors.ts";
import type { CustomerFeatures } from "../events/features.ts";
import { timeMs } from "../events/time.ts";
import { customerFeatures, transactionsStream } from "../events/topics.ts";
import type { Transaction } from "../events/transaction.ts";
import { closeRedis, copyKey, openReadyRedis } from "../redis.ts";
import type { Told } from "../sink/archive/timeline.ts";
import { mintId } from "../stream/ids.ts";
import { type Command, print, say } from "./command.ts";
import { openPast } from "./past.ts";
import { openPastFeatures, policiesOf } from "./past-features.ts";
import { located } from "./run.ts";

type Figures = CustomerFeatures["features"];

/** What the store says of a customer, and the moment at which it was true. */
type Stored = {
  readonly customer: string;
  readonly asOf: number;
  /** The transaction that led to it; null: a deadline did. */
  readonly transaction: string | null;
  readonly figures: Figures;
};

/** Everything that a vector says, under one name each. */
const figuresOf = ({ features, baselines }: Pick<CustomerFeatures, "features" | "baselines">) => {
  const usual = Object.entries(baselines).map(([id, value]) => [`${id}, usual`, value]);
  return { ...features, ...Object.fromEntries(usual) } as Figures;
};

type Difference = {
  customer_id: string;
  as_of: string;
  feature: string;
  stored: number | null;
  recomputed: number | null;
};

export type Parity = {
  space: string;
  sampled: number;
  agree: number;
  /** Share that agrees in every feature and usual value, exactly. */
  share: number;
  by_feature: Record<string, number>;
  /** Customers whose copy in Redis is not what Postgres says of the same moment. */
  redis_differs: number;
  differences: Difference[];
};

const defaultSample = 200;
const shownMost = 20;
const usage = "features parity [--sample N] [--json]";

type StoredRow = {
  customer_id: string;
  features: Figures;
  baselines: Figures;
  as_of: Date;
  transaction_id: string | null;
};

/**
 * The same customers every time, whatever order they came in. A score on request led to no vector.
 */
const storedIn = async (pool: pg.Pool, sample: number): Promise<Stored[]> => {
  const { rows } = await pool.query<StoredRow>(
    `select f.customer_id, f.features, f.baselines, f.as_of, r.transaction_id
     from customer_features f left join lateral (
       select transaction_id from risk_scores r
       where r.customer_id = f.customer_id and coalesce(r.as_of, r.score_date) = f.as_of
         and r.trigger is distinct from 'request'
       order by r.score_date desc, r.prediction_id limit 1) r on true
     order by md5(f.customer_id), f.customer_id limit $1`,
    [sample],
  );
  return rows.map(({ customer_id, as_of, transaction_id, ...vector }) => ({
    customer: customer_id,
    asOf: as_of.getTime(),
    transaction: transaction_id,
    figures: figuresOf(vector),
  }));
};

type Copies = { stored: Stored[]; differs: number };

/**
 * The newer of the two copies: what Redis holds came as it travelled, so it names its transaction.
 */
const withRedis = async (config: Config, stored: readonly Stored[]): Promise<Copies> => {
  const redis = await openReadyRedis(config);
  try {
    let differs = 0;
    const newest: Stored[] = [];
    for (const one of stored) {
      const bytes = await redis.getBuffer(copyKey("features", one.customer));
      const copy = bytes === null ? undefined : customerFeatures.read(bytes);
      const asOf = copy ? timeMs(copy.as_of) : Number.NaN;
      if (!copy || !(asOf >= one.asOf)) {
        newest.push(one);
        continue;
      }
      const figures = figuresOf(copy);
      if (asOf === one.asOf && differing(figures, one.figures).length > 0) differs++;
      newest.push({ ...one, asOf, transaction: copy.transaction_id ?? null, figures });
    }
    return { stored: newest, differs };
  } finally {
    closeRedis(redis);
  }
};

/** The names under which two vectors are not the same to the last bit. */
const differing = (stored: Figures, made: Figures): string[] =>
  [...new Set([...Object.keys(stored), ...Object.keys(made)])].filter(
    (id) => !Object.is(stored[id] ?? null, made[id] ?? null),
  );

const idOf = ({ value, header, place }: Told): string =>
  (value as Transaction).transaction_id ?? mintId("transaction", header?.origin ?? place, 0);

/**
 * Recomputes each customer at the moment of the stored vector: behind the transaction that led to
 * it, or, for one that a deadline led to, behind everything up to its time. Another source may use
 * the same id: what is meant is the one after which the newest event was that of the vector.
 */
const recompute = async (
  config: Config,
  bootstrap: string,
  stored: readonly Stored[],
): Promise<Map<string, Figures>> => {
  const waiting = new Map(stored.map((one) => [one.customer, one]));
  const made = new Map<string, Figures>();
  const documents = await policiesOf(bootstrap, config.space);
  const line = openPastFeatures(documents, config.currency);
  const take = (one: Stored): void => {
    const vector = line.vector(one.customer, one.asOf);
    if (vector) made.set(one.customer, figuresOf(vector));
    waiting.delete(one.customer);
  };
  const past = await openPast(config, bootstrap, config.space);
  try {
    for (const note of past.notes) say(note);
    const wants = (_: unknown, { key }: { key: string | null }) => key !== null && waiting.has(key);
    for await (const told of past.told(wants)) {
      const one = waiting.get(told.record.key as string);
      if (one === undefined || told.refused !== undefined) continue;
      if (one.transaction === null && told.time > one.asOf) take(one);
      else line.feed(told);
      if (one.transaction !== null && told.topic.name === transactionsStream.name)
        if (idOf(told) === one.transaction && line.newest(one.customer) === one.asOf) take(one);
    }
    for (const one of [...waiting.values()]) take(one);
  } finally {
    await past.close();
  }
  return made;
};

const compare = (
  space: string,
  { stored, differs }: Copies,
  made: ReadonlyMap<string, Figures>,
): Parity => {
  const byFeature: Record<string, number> = {};
  const differences: Difference[] = [];
  let agree = 0;
  for (const { customer, asOf, figures } of stored) {
    const again = made.get(customer) ?? {};
    const ids = differing(figures, again);
    if (ids.length === 0) agree++;
    for (const feature of ids) {
      byFeature[feature] = (byFeature[feature] ?? 0) + 1;
      const [was, is] = [figures[feature] ?? null, again[feature] ?? null];
      const as_of = new Date(asOf).toISOString();
      differences.push({ customer_id: customer, as_of, feature, stored: was, recomputed: is });
    }
  }
  return {
    space,
    sampled: stored.length,
    agree,
    share: stored.length === 0 ? 1 : agree / stored.length,
    by_feature: byFeature,
    redis_differs: differs,
    differences: differences.slice(0, shownMost),
  };
};

const sampleOf = (args: string[]): { sample: number; json: boolean } => {
  let values: { sample?: string; json?: boolean };
  try {
    const options = { sample: { type: "string" }, json: { type: "boolean" } } as const;
    values = parseArgs({ args, options }).values;
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  const sample = Number(values.sample ?? defaultSample);
  if (!(Number.isInteger(sample) && sample > 0))
    throw failure("ARGUMENT_WRONG", "--sample is no whole number above 0", `Use: ${usage}`);
  return { sample, json: values.json === true };
};

/**
 * `features parity`: recomputes a sample of customers from raw history and compares with what the
 * stores hold, to the last bit. Exit code 1 when any differs.
 */
export const parity: Command = async (args, { config: given }) => {
  const { sample, json } = sampleOf(args);
  const config = located(given);
  locateServers(config, ["postgres", "redis"]);
  const pool = openPool(config);
  try {
    const copies = await withRedis(config, await storedIn(pool, sample));
    const made = await recompute(config, config.kafkaBootstrapServers, copies.stored);
    const result = compare(config.space, copies, made);
    if (json) print(JSON.stringify(result));
    else for (const line of linesOf(result)) print(line);
    return result.share === 1 ? 0 : 1;
  } finally {
    await pool.end();
  }
};

const linesOf = (result: Parity): string[] => {
  const { sampled, agree, share, redis_differs, by_feature, differences } = result;
  if (sampled === 0) return ["There are no stored features to compare with yet."];
  const percent = `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
  return [
    `${agree} of ${sampled} customers agree in every feature and usual value: ${percent}.`,
    ...(redis_differs > 0 ? [`Redis differs from Postgres for ${redis_differs}.`] : []),
    ...Object.entries(by_feature).map(([id, count]) => `  ${id} differs for ${count}`),
    ...differences.map(
      ({ customer_id, as_of, feature, stored, recomputed }) =>
        `  ${customer_id} at ${as_of}: ${feature} is ${stored}, recomputed ${recomputed}`,
    ),
  ];
};
