import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Line } from "../../test/soak/harness.ts";
import { line } from "../../test/soak/line.ts";
import { checkMark, checkSum } from "../../test/soak/oracle.ts";
import { testServers } from "../embedded/test-servers.ts";
import type { Gap } from "./transaction.ts";

const { kafka } = await testServers(["kafka"]);
const lines: Line[] = [];
after(() => Promise.all(lines.map((each) => each.close())));

/** A line with a log that is there before anybody reads it. */
const open = async (orders: number) => {
  const of = await Line.open(kafka.bootstrap);
  lines.push(of);
  const writer = await of.writer();
  for (let i = 0; i < orders; i++) {
    const key = `k${i % 17}`;
    await writer.send(of.topics.orders, key, { id: `o${i}`, n: i % 7, at: 1_000_000 + i });
    if (i % 5 === 0) await writer.send(of.topics.profiles, key, { id: `p${i}`, at: 1_000_000 + i });
  }
  await writer.flush();
  return { of, ...line(of.topics) };
};

test("given two hops, then each record has one output, in order, and rows that agree", async () => {
  const { of, sum, mark } = await open(1_500);
  const [first, second] = [of.start({ hop: "sum" }), of.start({ hop: "mark" })];
  await of.drained(sum);
  await of.drained(mark);
  assert.deepEqual([await first.stop(), await second.stop()], [0, 0]);
  assert.equal((await checkSum(of)).outputs, 1_800);
  assert.equal((await checkMark(of)).outputs, 1_800);
});

const gaps: Gap[] = ["taken", "ran", "sent", "offsets", "committed"];
for (const gap of gaps)
  test(`given a kill in the gap "${gap}", then nothing is lost or doubled`, async () => {
    const { of, sum } = await open(4_000);
    const killed = of.start({ slot: 0, at: { gap, commit: 2, signal: "SIGKILL" } });
    assert.equal(await killed.ended, "SIGKILL");
    assert.ok(killed.said.includes(`gap ${gap}`));
    const before = await of.read(of.topics.sums.name);
    assert.ok(before.length > 0 && before.length < 4_800, `${before.length} were committed`);
    const heir = of.start({ slot: 0 });
    await of.drained(sum);
    assert.equal(await heir.stop(), 0);
    assert.equal((await checkSum(of)).outputs, 4_800);
    const after = await of.read(of.topics.sums.name);
    for (const { partition, offset, id } of before)
      assert.equal(
        after.find((one) => one.partition === partition && one.offset === offset)?.id,
        id,
      );
  });
