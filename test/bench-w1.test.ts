import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { testServers } from "../src/embedded/test-servers.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { Producer } from "../src/stream/kafka.ts";
import { describeGroups } from "../src/stream/members.ts";
import { topic } from "../src/stream/topic.ts";
import { launch, until } from "./launch.ts";
import { readTopic } from "./read-topic.ts";
import { atEnd, newFolder } from "./space.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const producer = await Producer.connect({ bootstrap });
const group = `w1-${randomBytes(4).toString("hex")}`;
const [input, output, changelog] = [
  `${group}-input`,
  `${group}-output`,
  `${group}-features-changelog`,
];
const partitions = 4;
const customers = 40;
for (const name of [input, output]) await admin.create(name, topic(name, { partitions }), 1);
atEnd(async () => {
  await producer.close();
  for (const name of [input, output, changelog]) await admin.remove(name).catch(() => undefined);
  admin.close();
});

/** With bounds of its own it would not commit within the life of a transaction. */
const never = "3600000";
const env = {
  DATA_FOLDER: newFolder(),
  COMMIT_MIN_INTERVAL_MS: never,
  COMMIT_MAX_INTERVAL_MS: never,
};
const start = (slot: number) => {
  const where = ["--bootstrap", bootstrap, "--input", input, "--output", output];
  const how = ["--group", group, "--slot", String(slot), "--commit-ms", "20"];
  return launch(["bench", "w1", ...where, ...how], env);
};

let sent = 0;
const send = async (count: number): Promise<void> => {
  for (const last = sent + count; sent < last; sent++) {
    const customer_id = `c${sent % customers}`;
    const event = {
      transaction_id: `t${sent}`,
      customer_id,
      amount: 10.25,
      balance: 100 - sent,
      transaction_type: "debit",
      is_failed: false,
      txn_time: "1994-01-01T08:00:00.000Z",
    };
    producer.produce(input, -1, Buffer.from(JSON.stringify(event)), customer_id);
  }
  await producer.flush();
};

type Answer = { customer_id: string; transaction_id: string; event_count: number };
const answers = async (): Promise<Answer[]> =>
  (await readTopic({ bootstrap, admin, space: "live" }, { name: output, partitions })).map(
    ({ value }) => JSON.parse(String(value)),
  );
const answered = (count: number) =>
  until(`${count} answers`, async () => (await answers()).length >= count);

/** Until each slot works on its half of the partitions; the first one as another than `before`. */
const bothWork = (before = "") =>
  until("both slots have partitions", async () => {
    const [{ state, members }] = await describeGroups(bootstrap, [group]);
    const first = members.find(({ instance }) => instance === `${group}-0`)?.id;
    const isShared = members.length === 2 && members.every(({ parts }) => parts.length === 2);
    return state === "stable" && isShared && first !== before && first;
  });

test("given W1 in two slots, when one is killed, then each input is answered once", async () => {
  const [killed, stays] = [start(0), start(1)];
  const before = await bothWork();
  await send(1_000);
  await answered(1);
  await killed.stop("SIGKILL");
  await send(1_000);
  const again = start(0);
  await bothWork(before);
  await send(1_000);
  await answered(sent);
  assert.deepEqual(
    [killed, stays, again].map((run) => run.out()),
    ["", "", ""],
    "nothing is printed until the end",
  );
  for (const run of [stays, again]) {
    const { code } = await run.stop("SIGTERM");
    assert.equal(code, 0, run.err());
    const said = JSON.parse(run.out());
    assert.ok(said.records > 0, run.out());
    const line = JSON.stringify({ group, records: said.records, outputs: said.records });
    assert.equal(run.out(), `${line}\n`);
  }
  const all = await answers();
  assert.deepEqual(
    all.map(({ transaction_id }) => transaction_id).sort(),
    Array.from({ length: sent }, (_, n) => `t${n}`).sort(),
  );
  // Nothing that the killed one knew is lost, and nothing counted twice.
  for (const own of Map.groupBy(all, ({ customer_id }) => customer_id).values())
    assert.deepEqual(
      own.map(({ event_count }) => event_count),
      own.map((_, n) => n + 1),
    );
  const [kept] = await admin.describe([changelog]);
  assert.equal(kept?.partitions, partitions, "the changelog is named for group and table");
});

test("given arguments missing or wrong, then one sentence says so, and exit 2", async () => {
  const refused = async (args: string[], message: RegExp) => {
    const run = launch(["bench", "w1", ...args], {});
    assert.equal((await run.ended).code, 2);
    assert.deepEqual([run.out(), run.err().trim().split("\n").length], ["", 1]);
    assert.match(run.err(), message);
  };
  await refused(["--output", output], /needs a broker, an output topic and a group\. Pass --boot/);
  const needed = ["--bootstrap", bootstrap, "--output", output, "--group", group];
  await refused([...needed, "--commit-ms", "0"], /--commit-ms is "0"\. Give a whole number from 1/);
});
