import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hashOf, Line, until } from "../../test/soak/harness.ts";
import { line, lineTopics, type Order, type Sum } from "../../test/soak/line.ts";
import { checkSum } from "../../test/soak/oracle.ts";
import { testServers } from "../embedded/test-servers.ts";
import { seeded } from "./test-task.ts";

const { kafka } = await testServers(["kafka"]);
const lines: Line[] = [];
after(() => Promise.all(lines.map((each) => each.close())));
const open = async (runs = [""]) => {
  const of = await Line.open(kafka.bootstrap, 2, runs);
  lines.push(of);
  return { of, ...line(of.topics), writer: await of.writer() };
};
/** The keys of two partitions, one each. */
const tick = async (of: Line, at: number) => {
  const writer = await of.writer();
  for (const partition of [0, 1]) await writer.send(of.topics.ticks, "tick", at, { partition });
  await writer.flush();
};
const put = async (of: Line, key: string, order: Order) => {
  const writer = await of.writer();
  await writer.send(of.topics.orders, key, order);
  await writer.flush();
};
const sumsOf = (of: Line, name = of.topics.sums.name) => of.read<Sum>(name);
const duesOf = async (of: Line) =>
  (await sumsOf(of)).flatMap(({ key, value }) =>
    value?.from === "due" ? [`${key} ${value.at}`] : [],
  );

test("given one log read twice, then outputs, ids and rows are equal", async () => {
  const runs = ["-a", "-b"];
  const { of, writer } = await open(runs);
  const random = seeded(7);
  for (let i = 0; i < 1_500; i++) {
    const at = 1_000_000 + i * 10 + Math.floor(random() * 300);
    const due = random() < 0.1 ? at + Math.floor(random() * 2_000) : undefined;
    await writer.send(of.topics.orders, `k${Math.floor(random() * 20)}`, {
      id: `o${i}`,
      n: 1,
      at,
      due,
    });
  }
  for (let i = 0; i < 500; i++)
    await writer.send(of.topics.profiles, `k${i % 20}`, { id: `p${i}`, at: 1_000_000 + i * 30 });
  await writer.flush();
  const results = await Promise.all(
    runs.map(async (run) => {
      const { sum } = line(lineTopics(2, run), 0, run);
      const worker = of.start({ run });
      await of.drained(sum);
      assert.equal(await worker.stop(), 0);
      const outputs = await sumsOf(of, `sums${run}`);
      return {
        outputs: outputs.map(({ partition, key, value, id }) => ({ partition, key, value, id })),
        hash: hashOf(await of.rows(sum)),
      };
    }),
  );
  assert.deepEqual(results[1], results[0]);
  const { outputs } = results[0];
  assert.equal(outputs.filter(({ value }) => value?.from !== "due").length, 2_000);
  assert.ok(outputs.some(({ value }) => value?.from === "due"));
  const from = outputs.slice(0, 400).map(({ value }) => value?.from);
  assert.ok(
    from.includes("orders") && from.includes("profiles"),
    "one log did not run first whole",
  );
});

/** Until both partitions' clocks, as a restart will find them, stand there. */
const clocksAt = async (of: Line, time: number) => {
  const { sum } = line(of.topics);
  await until(async () => {
    const clocks = [...(await of.rows(sum))].filter(([place]) => place.endsWith(" "));
    return clocks.length === 2 && clocks.every(([, bytes]) => bytes.readDoubleBE(0) === time);
  });
};

test("given deadlines, then ticks fire them, and once only across restarts", async () => {
  const { of, sum } = await open();
  await put(of, "a", { id: "o1", n: 1, at: 1_000_000, due: 1_005_000 });
  await put(of, "b", { id: "o2", n: 1, at: 1_000_000, due: 1_009_000 });
  let worker = of.start({ disorderMs: 1_000 });
  await of.drained(sum);
  await tick(of, 1_005_999);
  await clocksAt(of, 1_004_999);
  assert.deepEqual(await duesOf(of), [], "the disorder bound is taken off");
  await tick(of, 1_006_000);
  await clocksAt(of, 1_005_000);
  assert.deepEqual(await duesOf(of), ["a 1005000"]);
  worker.signal("SIGKILL");
  await worker.ended;
  worker = of.start({ disorderMs: 1_000 });
  await tick(of, 1_008_000);
  await clocksAt(of, 1_007_000);
  assert.deepEqual(await duesOf(of), ["a 1005000"], "what fired does not fire again");
  await worker.stop();
  worker = of.start({ disorderMs: 1_000 });
  await tick(of, 1_010_000);
  await clocksAt(of, 1_009_000);
  assert.deepEqual((await duesOf(of)).sort(), ["a 1005000", "b 1009000"]);
  assert.equal(await worker.stop(), 0);
});

test("given a restart, then the rows are those that were, and work goes on from them", async () => {
  const { of, sum, writer } = await open();
  for (let i = 0; i < 300; i++)
    await writer.send(of.topics.orders, `k${i % 9}`, { id: `o${i}`, n: i, at: 1_000_000 + i });
  await writer.flush();
  const first = of.start();
  await of.drained(sum);
  assert.equal(await first.stop(), 0);
  const hash = hashOf(await of.rows(sum));
  const second = of.start();
  await second.hears("slot 0");
  await put(of, "k0", { id: "one more", n: 1, at: 1_000_300 });
  await of.drained(sum);
  const rows = await of.rows(sum);
  assert.notEqual(hashOf(rows), hash);
  await checkSum(of);
  assert.equal(await second.stop(), 0);
});

test("given a broadcast that lacks something, then work waits for it", async () => {
  const { of, sum, writer } = await open();
  await put(of, "a", { id: "o1", n: 1, at: 1_000_000 });
  await writer.send(of.topics.rules, "one", { ready: true });
  await writer.flush();
  const worker = of.start({ rulesWanted: 3 });
  await worker.hears("says sum waits: 1 of 3 rules");
  for (const name of ["two", "three"]) await writer.send(of.topics.rules, name, { ready: true });
  await writer.flush();
  await of.drained(sum);
  assert.equal((await checkSum(of)).outputs, 1);
  assert.equal(await worker.stop(), 0);
});
