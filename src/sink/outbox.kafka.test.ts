import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import type { Prediction } from "../events/prediction.ts";
import { predictionsStream } from "../events/topics.ts";
import { AdminPort } from "../stream/admin.ts";
import { restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import type { Topic } from "../stream/topic.ts";
import { openOutbox, putPredictions } from "./outbox.ts";

const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const { bootstrap } = kafka;
const { space, pool } = await testSpace(postgres.url);
const admin = AdminPort.open(bootstrap);
const topic = inSpace(space, predictionsStream.name);
await admin.create(topic, predictionsStream as unknown as Topic, 1);
after(async () => {
  await admin.remove(topic);
  admin.close();
});

const until = async (question: () => Promise<boolean>) => {
  while (!(await question())) await delay(5);
};
const predictionOf = (customer_id: string, n: number): Prediction => ({
  ...predictionsStream.example,
  customer_id,
  prediction_id: `${customer_id}-${n}`,
});
const put = (predictions: Prediction[]) => putPredictions(pool, predictions);
const isEmpty = async () => (await pool.query("select 1 from outbox limit 1")).rowCount === 0;
const published = async (): Promise<Prediction[]> => {
  const found: Prediction[] = [];
  const parts = Array.from({ length: predictionsStream.partitions }, (_, partition) => ({
    topic,
    partition,
    apply: ({ value }: { value: Buffer | null }) =>
      void found.push(predictionsStream.read(value as Buffer)),
  }));
  await restore({ bootstrap, admin, parts });
  return found;
};
const idsOf = (all: Prediction[], customer: string) =>
  all.filter((one) => one.customer_id.startsWith(customer)).map((one) => one.prediction_id);

/** Runs a relay for the test alone. */
const relaying = async (given: pg.Pool, work: (said: string[]) => Promise<void>) => {
  const said: string[] = [];
  const stop = new AbortController();
  const outbox = openOutbox({ bootstrap, space, pool: given, say: (s) => void said.push(s) });
  const run = outbox.run(stop.signal);
  try {
    await work(said);
  } finally {
    stop.abort();
    await run;
  }
};
/** A pool that loses the connection the first time that it is asked this. */
const losing = (text: string): pg.Pool => {
  let lost = false;
  return new Proxy(pool, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (name !== "query") return typeof value === "function" ? value.bind(target) : value;
      return (asked: string | { text: string }, values?: unknown[]) => {
        const sql = typeof asked === "string" ? asked : asked.text;
        if (lost || !sql.includes(text)) return target.query(asked as string, values);
        lost = true;
        throw new Error("Connection terminated unexpectedly");
      };
    },
  });
};

test("given predictions, then each is published once and in order, and a row stays", async () => {
  const customers = ["A1", "A2", "A3"];
  for (let n = 0; n < 30; n++) await put(customers.map((customer) => predictionOf(customer, n)));
  await relaying(pool, () => until(isEmpty));
  const all = await published();
  for (const customer of customers)
    assert.deepEqual(
      idsOf(all, customer),
      Array.from({ length: 30 }, (_, n) => `${customer}-${n}`),
    );
  const { rows } = await pool.query("select count(*)::int as n from risk_scores");
  assert.equal(rows[0].n, 90);
});

test("given one prediction put twice, then it is published once", async () => {
  await put([predictionOf("B", 1)]);
  await relaying(pool, () => until(isEmpty));
  assert.deepEqual([...(await put([predictionOf("B", 1)]))], []);
  assert.ok(await isEmpty());
});

test("given a relay that dies before it takes rows out, then nothing is said twice", async () => {
  await put([predictionOf("C", 1), predictionOf("D", 1)]);
  await relaying(losing("delete from outbox where place"), async (said) => {
    await until(isEmpty);
    await until(async () => said.length === 2);
    assert.match(said[0], /^Predictions wait in the outbox: /);
    assert.match(said[1], /again\.$/);
  });
  const all = await published();
  assert.deepEqual([...idsOf(all, "C"), ...idsOf(all, "D")], ["C-1", "D-1"]);
});

test("given rows that a dead relay claimed and never sent, then they are published", async () => {
  await put([predictionOf("E", 1)]);
  await pool.query("update outbox set claimed = true");
  await put([predictionOf("E", 2)]);
  await relaying(pool, () => until(isEmpty));
  assert.deepEqual(idsOf(await published(), "E"), ["E-1", "E-2"]);
});

test("given two relays, then one waits until the other is gone", async () => {
  await relaying(pool, async () => {
    await put([predictionOf("F", 1)]);
    await until(isEmpty);
    const second = new AbortController();
    const run = openOutbox({ bootstrap, space, pool, say: () => {} }).run(second.signal);
    await put([predictionOf("F", 2)]);
    await until(isEmpty);
    second.abort();
    await run;
  });
  await put([predictionOf("F", 3)]);
  await relaying(pool, () => until(isEmpty));
  assert.deepEqual(idsOf(await published(), "F"), ["F-1", "F-2", "F-3"]);
});

test("given a transaction under way about a customer, then the next waits", async () => {
  const first = await pool.connect();
  await first.query("begin");
  await putPredictions(first, [predictionOf("G", 1)]);
  const second = put([predictionOf("G", 2)]);
  await until(async () => {
    const { rowCount } = await pool.query(
      "select 1 from pg_locks where locktype = 'advisory' and not granted",
    );
    return rowCount === 1;
  });
  const { rows } = await first.query("select prediction_id from outbox");
  assert.deepEqual(rows, [{ prediction_id: "G-1" }]);
  await first.query("commit");
  first.release();
  await second;
  const { rows: both } = await pool.query("select prediction_id from outbox order by place");
  assert.deepEqual(both, [{ prediction_id: "G-1" }, { prediction_id: "G-2" }]);
  await relaying(pool, () => until(isEmpty));
});
