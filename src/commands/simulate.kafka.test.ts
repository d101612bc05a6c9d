import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type App, partsOf } from "../app.ts";
import { readConfig } from "../config.ts";
import { openPool, schemaOf } from "../db.ts";
import { testServers } from "../embedded/test-servers.ts";
import {
  customerUpdates,
  deadLetters,
  importProgress,
  outcomes,
  predictionsStream,
  simulationTruth,
  ticks,
  ticksFeatureProcessor,
  transactionsStream,
} from "../events/topics.ts";
import type { Figures } from "../figures.ts";
import { faultsOf } from "../ingest/simulate/faults.ts";
import { makePlan, readRows } from "../ingest/simulate/planned.ts";
import { positionRecord, readBegun } from "../ingest/simulate/position.ts";
import { simulator } from "../ingest/simulate/simulator.ts";
import { streamPlan } from "../ingest/simulate/stream-plan.ts";
import { createTables, createTopics } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { admit } from "../stream/admit.ts";
import { restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import type { Topic } from "../stream/topic.ts";
import { openWriter } from "../stream/writer.ts";
import { simulate } from "./simulate.ts";

const spaces: string[] = [];
const children = new Set<ChildProcess>();
// Before the servers, so that what is removed still has one to be removed from.
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  const admin = AdminPort.open(kafka.bootstrap);
  for (const name of await admin.topicNames())
    if (spaces.some((space) => name.startsWith(`${space}.`))) await admin.remove(name);
  admin.close();
  for (const space of spaces) {
    const pool = openPool(configOf(space));
    await pool.query(`drop schema if exists ${schemaOf(space)} cascade`);
    await pool.end();
  }
});
const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const { bootstrap } = kafka;

const configOf = (space: string) =>
  readConfig(
    {
      kafkaBootstrapServers: bootstrap,
      databaseUrl: postgres.url,
      space,
      simulatedCustomers: "60",
      simulatedHistoryDays: "30",
      simulatedPoisonPerMille: "20",
      simulatedDuplicatesPerMille: "20",
    },
    {},
  );
const newSpace = (): string => {
  const space = `plan${process.pid}x${spaces.length}`;
  spaces.push(space);
  return space;
};

const childCode = `
  const { simulate } = await import(process.env.SIMULATE_TS);
  const { args, config } = JSON.parse(process.env.CASE);
  process.exit(await simulate(args, { config }).catch(({ message }) => {
    console.error(message);
    return 1;
  }));
`;

/** The command in a process of its own. */
const start = (space: string, ...args: string[]) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", childCode], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      SIMULATE_TS: import.meta.resolve("./simulate.ts"),
      CASE: JSON.stringify({ args: ["transactions", ...args], config: configOf(space) }),
    },
  });
  children.add(child);
  const exited = once(child, "exit").finally(() => children.delete(child));
  const ended = Promise.all([exited, text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]) => ({ code, out, err }),
  );
  return { child, ended };
};

/** Waits until so many rows are sent. */
const sentIn = async (space: string, least: number): Promise<number> => {
  for (;;) {
    const begun = await readBegun(bootstrap, space).catch(() => undefined);
    const sent = begun?.planned?.sent ?? 0;
    if (sent >= least) return sent;
    await delay(20);
  }
};

type Stored = { partition: number; key: string; value: string };
const stored = async (space: string, topic: { name: string; partitions: number }) => {
  const found: Stored[] = [];
  const admin = AdminPort.open(bootstrap);
  const parts = Array.from({ length: topic.partitions }, (_, partition) => ({
    topic: inSpace(space, topic.name),
    partition,
    apply: (m: { key: Buffer | null; value: Buffer | null }) => {
      found.push({ partition, key: `${m.key}`, value: `${m.value}` });
    },
  }));
  await restore({ bootstrap, admin, parts });
  admin.close();
  return found;
};

/** Whether the line's own door lets a transaction in. */
const isReadable = ({ key, value }: Stored): boolean => {
  const record = { key, value: Buffer.from(value), header: undefined, appendTime: Date.now() };
  return "value" in admit(transactionsStream as Topic, record, 1_000_000);
};

const byKey = (list: readonly { topic: string; key: string; value: string }[]) => {
  const keys = new Map<string, string[]>();
  for (const { topic, key, value } of list) {
    const there = keys.get(`${topic} ${key}`);
    if (there) there.push(value);
    else keys.set(`${topic} ${key}`, [value]);
  }
  return keys;
};

const sentTo = async (space: string) => {
  const found: { topic: string; key: string; value: string }[] = [];
  for (const topic of [transactionsStream, customerUpdates, outcomes, simulationTruth])
    for (const one of await stored(space, topic)) found.push({ topic: topic.name, ...one });
  return found;
};

/** Every row of the table is in its topic once, in the order of the table for each customer. */
const assertStreamed = async (space: string): Promise<number> => {
  const pool = openPool(configOf(space));
  const rows = await readRows(pool, 0, 1e6);
  await pool.end();
  assert.deepEqual(byKey(await sentTo(space)), byKey(rows));
  const clocks = await stored(space, ticks);
  for (let partition = 0; partition < ticks.partitions; partition++) {
    const times = clocks.filter((one) => one.partition === partition).map((m) => Number(m.value));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(times).size, times.length, "no tick twice");
    assert.ok(times.length > 29 * 24 && times.at(-1)! >= (rows.at(-1)?.sendAt ?? 0));
  }
  return rows.length;
};

/** A plan that is written and not streamed yet. */
const planned = async (space: string) => {
  const config = configOf(space);
  const pool = openPool(config);
  await createTables(config, () => undefined);
  await createTopics(config, bootstrap);
  const to = Date.now();
  const days = { from: to - config.simulatedHistoryDays * 86_400_000, to };
  const { simulatedSeed: seed, simulatedCustomers: customers } = config;
  const wish = { space, seed, customers, faults: faultsOf(config), ...days };
  const plan = await makePlan(pool, wish, new AbortController().signal, () => undefined);
  return { pool, plan };
};

test("given a batch and a delay, then the plan is written and streamed whole", async () => {
  const space = newSpace();
  const { code, out, err } = await start(space, "1000", "1").ended;
  assert.equal(code, 0, err);
  const rows = await assertStreamed(space);
  assert.equal(out, `All ${rows} rows are sent to the space ${space}.\n`);
  assert.match(err, new RegExp(`${rows} rows in simulated_transactions of the space ${space}`));
  const { planned } = await readBegun(bootstrap, space);
  assert.ok(planned?.done && planned.sent === rows && rows > 5_000);
});

test("given a batch and a delay, then so many rows go at once, so far apart", async () => {
  const space = newSpace();
  const { pool, plan } = await planned(space);
  const [batch, delayMs] = [700, 100];
  const waits: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    wait: async (ms: number) => {
      waits.push(ms);
      now += ms;
    },
  };
  // The first batch takes longer than the delay, and any other a third of it.
  const progress = (sent: number) => {
    now += sent === batch ? 2 * delayMs : 30;
  };
  const options = { bootstrap, space, pool, plan, batch, delayMs, progress, say: assert.fail };
  const never = new AbortController().signal;
  assert.equal(await streamPlan({ ...options, clock }, never), plan.rows);
  await pool.end();
  const positions = (await stored(space, importProgress)).map(({ value }) => JSON.parse(value));
  const batches = Math.ceil(plan.rows / batch);
  assert.deepEqual(
    positions.map((one) => one.rows_done),
    Array.from({ length: batches }, (_, n) => Math.min(plan.rows, (n + 1) * batch)),
  );
  assert.ok(batches > 5, "read in several pieces");
  assert.deepEqual(waits, Array(batches - 2).fill(70));
  assert.equal(await assertStreamed(space), plan.rows);
});

test("given kill -9 and Ctrl-C under way, then nothing is lost or sent twice", async () => {
  const space = newSpace();
  const first = start(space, "20", "20");
  const killed = await sentIn(space, 300);
  first.child.kill("SIGKILL");
  await first.ended;
  const second = start(space, "20", "40");
  const stopped = await sentIn(space, killed + 300);
  second.child.kill("SIGINT");
  const { code, out } = await second.ended;
  assert.equal(code, 0);
  assert.match(out, /^Stopped at \d+ of \d+ rows\. The same command goes on from here\.\n$/);
  assert.ok(Number(/at (\d+)/.exec(out)?.[1]) >= stopped);
  const third = await start(space, "1000", "0", "--json").ended;
  assert.equal(third.code, 0, third.err);
  const rows = await assertStreamed(space);
  assert.deepEqual(JSON.parse(third.out), { space, rows, sent: rows, complete: true });
});

test("given customers erased midway, then every other row is sent, and once", async () => {
  const space = newSpace();
  const first = start(space, "10", "20");
  await sentIn(space, 200);
  first.child.kill("SIGINT");
  await first.ended;
  const sent = (await readBegun(bootstrap, space)).planned?.sent ?? 0;
  const pool = openPool(configOf(space));
  const rows = await readRows(pool, 0, 1e6);
  const gone = new Set([rows[sent], rows[sent + 50], rows.at(-1)].map((row) => row?.key));
  await pool.query("delete from simulated_transactions where customer_id = any($1)", [[...gone]]);
  await pool.end();
  const second = await start(space, "1000", "0", "--json").ended;
  assert.equal(second.code, 0, second.err);
  assert.ok(JSON.parse(second.out).complete);
  const expected = rows.filter(({ position, key }) => position < sent || !gone.has(key));
  assert.deepEqual(byKey(await sentTo(space)), byKey(expected));
});

test("given a run under way, then a second one in the space is refused", async () => {
  const space = newSpace();
  const first = start(space, "10", "100");
  await sentIn(space, 20);
  const second = await start(space, "10", "100").ended;
  assert.equal(second.code, 1);
  assert.match(second.err, /Another process already runs the space/);
  first.child.kill("SIGTERM");
  assert.equal((await first.ended).code, 0);
});

test("given the line over a plan, it scores, and refuses what is poison and no more", async () => {
  const space = newSpace();
  await start(space, "5000", "0").ended;
  const sent = await stored(space, transactionsStream);
  const poison = new Set(sent.filter((one) => !isReadable(one)).map(({ value }) => value));
  const stop = new AbortController();
  const config = configOf(space);
  const present = Promise.withResolvers<void>();
  const names = ["feature-processor"] as const;
  const figures = {} as Figures;
  const everything = () => figures;
  const app = { config, bootstrap, slot: undefined, names, present, say: assert.fail };
  const asked = { ...app, figures, everything } as unknown as App;
  const [part] = partsOf("feature-processor", asked);
  const running = part.run(stop.signal);
  let clocks: Stored[] = [];
  const { planned } = await readBegun(bootstrap, space);
  const isThrough = () => clocks.filter((one) => Number(one.value) >= planned!.newest - 60_000);
  while (new Set(isThrough().map(({ partition }) => partition)).size < ticks.partitions) {
    await delay(200);
    clocks = await stored(space, ticksFeatureProcessor);
  }
  stop.abort();
  await running;
  const dead = await stored(space, deadLetters);
  assert.deepEqual(new Set(dead.map(({ value }) => value)), poison);
  assert.ok(poison.size > 50, `${poison.size}`);
  const predictions = await stored(space, predictionsStream);
  const customers = new Set(predictions.map(({ key }) => key));
  assert.ok(customers.size > 55, `${customers.size} customers scored`);
});

test("given a space with a plan, then the simulator of `up` leaves it alone", async () => {
  const space = newSpace();
  await start(space, "5000", "0").ended;
  const stop = new AbortController();
  const said: string[] = [];
  const say = (sentence: string) => {
    said.push(sentence);
    stop.abort();
  };
  const small = { seed: 1, customers: 5, historyDays: 3, onPresent: () => assert.fail("told") };
  await simulator({ bootstrap, space, ...small, say }).run(stop.signal);
  assert.match(said.join(), /lives by its plan/);
  await assertStreamed(space);
});

test("given a space that the simulator has begun, then a plan is refused there", async () => {
  const space = newSpace();
  await createTopics(configOf(space), bootstrap);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const record = positionRecord({
    teller: "test",
    seed: 1,
    customers: 5,
    from: 0,
    faults: { late: 0, duplicated: 0, doubleCharged: 0, poison: 0 },
    stretches: [],
    events: 10,
    newest: 10,
    present: true,
  });
  await writer.send(importProgress, record.sha256, record);
  await writer.flush();
  await writer.close();
  const { code, err } = await start(space, "100", "0").ended;
  assert.equal(code, 1);
  assert.match(err, /was begun by the simulator of `up`\. Give another space with --space\./);
  assert.deepEqual(await stored(space, transactionsStream), []);
});

test("given arguments that cannot be used, the sentence says which, with the cure", async () => {
  const refused = (args: string[], message: RegExp) =>
    assert.rejects(simulate(args, { config: configOf("never") }), {
      code: "ARGUMENT_WRONG",
      message,
    });
  await refused(
    ["events", "1", "1"],
    /simulate needs transactions, a batch and a delay in ms\. For/,
  );
  await refused(["transactions", "10"], /needs transactions, a batch and a delay/);
  await refused(["transactions", "0", "10"], /The batch must be a whole number from 1/);
  await refused(["transactions", "10", "1.5"], /The delay must be a whole number from 0/);
  await refused(["transactions", "10", "10", "--speed", "1"], /--speed/);
});
