import { beforeEach } from "node:test";
import type pg from "pg";
import type { CaseDecision } from "../events/case.ts";
import { CaseDesk } from "./cases.ts";
import { openExchange } from "./exchange.ts";
import type { QueueQuery } from "./messages/queue.ts";
import { readQueue } from "./queue.ts";

export const hourMs = 3_600_000;
export const now = Date.now();
export const at = (ms: number) => new Date(ms).toISOString();
export const ada = { name: "ada", role: "analyst" } as const;
export const ben = { name: "ben", role: "analyst" } as const;
export const lea = { name: "lea", role: "lead" } as const;
type Person = typeof ada | typeof ben | typeof lea;

const rates = {
  kind: "rates",
  name: "default",
  version: "1",
  base: "EUR",
  entries: [{ from: "2020-01-01", rates: { CZK: 25, USD: 1.25 } }],
};

const bandOf = (score: number): string =>
  score >= 0.8 ? "CRITICAL" : score >= 0.6 ? "HIGH" : score >= 0.3 ? "MEDIUM" : "LOW";

type Given = { id: string; score: number; more?: Record<string, unknown> };

const put = async (pool: pg.Pool, { id, score, more = {} }: Given): Promise<void> => {
  const columns = {
    customer_id: id,
    risk_score: score,
    risk_level: bandOf(score),
    scored_at: at(now),
    prediction_id: `p-${id}`,
    due: 100,
    due_currency: "EUR",
    ...more,
  };
  const names = Object.keys(columns);
  await pool.query(
    `insert into cases (${names}) values (${names.map((_, n) => `$${n + 1}`)})
     on conflict (customer_id) do update set ${names.map((n) => `${n} = excluded.${n}`)}`,
    Object.values(columns),
  );
};

/** As the sink would write it. */
const record = (pool: pg.Pool, d: CaseDecision) =>
  pool.query(
    `insert into case_decisions values
     ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
    [
      ...[d.case_decision_id, d.customer_id, d.kind, d.decision, d.reason_codes, d.note],
      ...[d.rests_until, d.to, d.undoes, d.risk_level, d.risk_score, d.prediction_id],
      ...[d.by, d.role, d.timestamp],
    ],
  );

/** A queue of a test's own, with people who decide there; empty before each test. */
export const openTestQueue = async (pool: pg.Pool) => {
  await pool.query(
    `insert into policies (policy_key, kind, name, version, document)
     values ('rates:default:1', 'rates', 'default', '1', $1)`,
    [rates],
  );
  const exchange = openExchange(pool, "EUR");
  const clock = { now };
  const write = async (decisions: readonly CaseDecision[]): Promise<void> => {
    for (const one of decisions) await record(pool, one);
  };
  const desk = new CaseDesk(pool, write, () => clock.now);
  const queue = (query: QueueQuery = {}, me = "ada") =>
    readQueue({ pool, exchange, keep: (_, ask) => ask() }, query, me);
  beforeEach(async () => {
    clock.now = now;
    await pool.query("truncate cases, case_decisions, customers, customer_features, risk_scores");
  });
  const base = { key: undefined, dryRun: false };
  return {
    clock,
    write,
    desk,
    queue,
    ids: async (query?: QueueQuery, me?: string) =>
      (await queue(query, me)).rows.map(({ customer_id }) => customer_id),
    give: async (...given: Given[]) => {
      for (const one of given) await put(pool, one);
    },
    decide: (customers: string[], caller: Person = ada, more: object = {}) => {
      const what = { decision: "watch", reason_codes: ["small_amount"] } as const;
      return desk.act({ ...base, customers, act: { kind: "decided", ...what, ...more }, caller });
    },
    assign: (customers: string[], to: string | null, caller: Person = ada) => {
      const act = to === null ? { kind: "released" as const } : { kind: "assigned" as const, to };
      return desk.act({ ...base, customers, act, caller });
    },
  };
};
