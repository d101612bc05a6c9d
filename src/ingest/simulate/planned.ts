import { randomUUID } from "node:crypto";
import type pg from "pg";
import { failure } from "../../errors.ts";
import type { FaultShares } from "./faults.ts";
import { history } from "./history.ts";
import type { SimulatedEvent } from "./journal.ts";
import { people } from "./people.ts";
import { edition } from "./position.ts";

/** A plan as table `simulated_plan` holds it. Times are ms since 1970. */
export type Plan = {
  readonly id: string;
  readonly seed: number;
  readonly customers: number;
  readonly faults: FaultShares;
  readonly from: number;
  readonly to: number;
  readonly complete: boolean;
  readonly rows: number;
};

/** What a new plan is to be about. */
export type Wish = Pick<Plan, "seed" | "customers" | "faults" | "from" | "to"> & {
  readonly space: string;
};

/** A row of `simulated_transactions`: an event as it is to be sent. */
export type PlannedRow = {
  readonly position: number;
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly time: number;
  readonly sendAt: number;
  readonly value: string;
};

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;
const rowsPerInsert = 2_000;

/**
 * The plan of the pool's space; undefined: there is none. Throws SPACE_TOLD when a release made it
 * whose people live other lives.
 */
export const readPlan = async (pool: pg.Pool, space: string): Promise<Plan | undefined> => {
  const { rows } = await pool.query(
    `select plan_id as id, seed::float8, customers, faults, ${ms("starts_at")} as from,
       ${ms("ends_at")} as to, complete, row_count::float8 as rows, edition from simulated_plan`,
  );
  const { edition: found, ...plan } = rows[0] ?? {};
  if (rows.length > 0 && found !== edition)
    throw failure("SPACE_TOLD", space, "another release", "Give another space with --space.");
  return rows.length === 0 ? undefined : (plan as Plan);
};

const begin = async (pool: pg.Pool, wish: Wish): Promise<void> => {
  const { seed, customers, faults, from, to } = wish;
  await pool.query(
    `insert into simulated_plan (plan_id, seed, customers, faults, starts_at, ends_at, complete,
       row_count, edition)
     values ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000),
       false, 0, $7) on conflict do nothing`,
    [randomUUID(), seed, customers, faults, from, to, edition],
  );
};

/** A plan that is complete goes on up to a later time; one that is not is completed first. */
const prolong = async (pool: pg.Pool, to: number): Promise<void> => {
  await pool.query(
    `update simulated_plan set ends_at = to_timestamp($1::float8 / 1000), complete = false
     where complete and ends_at < to_timestamp($1::float8 / 1000)`,
    [to],
  );
};

const insertRows = `insert into simulated_transactions
  select $1::bigint + n - 1, topic, key, id, to_timestamp(time / 1000),
    to_timestamp(send_at / 1000), value
  from unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::text[])
    with ordinality as planned (topic, key, id, time, send_at, value, n)`;

const sendAtOf = (event: SimulatedEvent): number => event.sentAt ?? event.time;
const textOf = (event: SimulatedEvent): string =>
  event.bytes === undefined ? JSON.stringify(event.value) : event.bytes.toString("utf8");

const append = async (
  client: pg.PoolClient,
  first: number,
  events: readonly SimulatedEvent[],
): Promise<void> => {
  const columns = [
    events.map(({ topic }) => topic.name),
    events.map(({ key }) => key),
    events.map(({ id }) => id),
    events.map(({ time }) => time),
    events.map(sendAtOf),
    events.map(textOf),
  ];
  await client.query("begin");
  try {
    await client.query(insertRows, [first, ...columns]);
    await client.query("update simulated_plan set row_count = $1", [first + events.length]);
    await client.query("commit");
  } catch (thrown) {
    await client.query("rollback").catch(() => {});
    throw thrown;
  }
};

/** Writes the rows that the plan still lacks. The same plan gives the same rows. */
const complete = async (
  pool: pg.Pool,
  plan: Plan,
  signal: AbortSignal,
  progress: (rows: number) => void,
): Promise<void> => {
  const { seed, customers, from, to, faults, rows } = plan;
  const crowd = people(seed, customers);
  const events = history(seed, crowd, from, Number.POSITIVE_INFINITY, [], faults);
  const client = await pool.connect();
  try {
    let written = 0;
    let open: SimulatedEvent[] = [];
    for (const event of events) {
      if (sendAtOf(event) >= to || signal.aborted) break;
      if (written < rows) {
        written++;
        continue;
      }
      open.push(event);
      if (open.length < rowsPerInsert) continue;
      await append(client, written, open);
      written += open.length;
      open = [];
      progress(written);
    }
    if (open.length > 0 && !signal.aborted) await append(client, written, open);
    if (!signal.aborted) await client.query("update simulated_plan set complete = true");
    client.release();
  } catch (thrown) {
    client.release(true);
    throw thrown;
  }
};

/**
 * The space's plan with all its rows up to the wish's end: written now, or prolonged. People, seed,
 * beginning and faults are those of the first wish. Not complete where the signal comes first.
 */
export const makePlan = async (
  pool: pg.Pool,
  wish: Wish,
  signal: AbortSignal,
  progress: (rows: number) => void,
): Promise<Plan> => {
  await begin(pool, wish);
  let plan = (await readPlan(pool, wish.space)) as Plan;
  if (!plan.complete) await complete(pool, plan, signal, progress);
  await prolong(pool, wish.to);
  plan = (await readPlan(pool, wish.space)) as Plan;
  if (!plan.complete && !signal.aborted) await complete(pool, plan, signal, progress);
  return (await readPlan(pool, wish.space)) as Plan;
};

/** So many rows of the plan from a position on. */
export const readRows = async (
  pool: pg.Pool,
  from: number,
  count: number,
): Promise<PlannedRow[]> => {
  const { rows } = await pool.query(
    `select position::float8, topic, customer_id as key, event_id as id,
       ${ms("event_time")} as time, ${ms("send_at")} as "sendAt", value
     from simulated_transactions where position >= $1 order by position limit $2`,
    [from, count],
  );
  return rows;
};
