import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Line } from "../../test/soak/harness.ts";
import { line } from "../../test/soak/line.ts";
import { checkSum } from "../../test/soak/oracle.ts";
import { testServers } from "../embedded/test-servers.ts";

const { kafka } = await testServers(["kafka"]);
const lines: Line[] = [];
after(() => Promise.all(lines.map((each) => each.close())));
const open = async (partitions = 4) => {
  const of = await Line.open(kafka.bootstrap, partitions);
  lines.push(of);
  return { of, ...line(of.topics) };
};

test("given load, when processes join, leave and die, then all comes once", async () => {
  const { of, sum } = await open();
  const loading = await of.load();
  const first = of.start();
  await first.hears("committed");
  const second = of.start();
  await second.hears("committed");
  const third = of.start();
  await third.hears("committed");
  assert.equal(await second.stop(), 0);
  third.signal("SIGKILL");
  assert.equal(await third.ended, "SIGKILL");
  const fourth = of.start();
  await fourth.hears("committed");
  await loading.stop();
  await of.drained(sum);
  assert.deepEqual([await first.stop(), await fourth.stop()], [0, 0]);
  assert.ok((await checkSum(of)).outputs > loading.sent());
});

test("given a kill while partitions are given up, then none is left without an owner", async () => {
  const { of, sum } = await open();
  const before = await of.load();
  const first = of.start({ slot: 0, at: { gap: "ran", commit: "asked", signal: "SIGKILL" } });
  await first.hears("committed");
  await before.stop();
  await of.drained(sum);
  first.signal("SIGUSR2");
  await first.hears("asked");
  // Nothing runs now, so the next commit is the one before partitions go to the second process.
  const second = of.start({ slot: 1 });
  assert.equal(await first.ended, "SIGKILL");
  const again = of.start({ slot: 0 });
  const after = await of.load();
  await again.hears("committed");
  await after.stop();
  await of.drained(sum);
  assert.deepEqual([await again.stop(), await second.stop()], [0, 0]);
  await checkSum(of);
});

test("given an input held back, when its part goes and comes back, then it is read", async () => {
  const { of, sum } = await open();
  const writer = await of.writer();
  const { orders, profiles } = of.topics;
  // Every order is older than every profile: profiles wait, and more of them than are buffered.
  const each = 100_000;
  for (let n = 0; n < each; n++) {
    await writer.send(orders, `k${n % 41}`, { id: `o${n}`, n, at: 1e6 + n });
    await writer.send(profiles, `k${n % 41}`, { id: `p${n}`, at: 1e9 + n });
  }
  await writer.flush();
  const first = of.start();
  await first.hears("committed");
  const second = of.start();
  await second.hears("committed");
  second.signal("SIGKILL");
  assert.equal(await second.ended, "SIGKILL");
  await of.drained(sum);
  assert.equal(await first.stop(), 0);
  assert.equal((await checkSum(of)).outputs, 2 * each);
});
