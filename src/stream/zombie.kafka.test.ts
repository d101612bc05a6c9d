import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Line } from "../../test/soak/harness.ts";
import { line } from "../../test/soak/line.ts";
import { checkSum } from "../../test/soak/oracle.ts";
import { testServers } from "../embedded/test-servers.ts";
import { inSpace } from "./space.ts";

const { kafka } = await testServers(["kafka"]);
const lines: Line[] = [];
after(() => Promise.all(lines.map((each) => each.close())));
const open = async (partitions = 2) => {
  const of = await Line.open(kafka.bootstrap, partitions);
  lines.push(of);
  return { of, ...line(of.topics) };
};

test("given a zombie whose slot was taken, then it writes nothing and exits 3", async () => {
  const { of, sum } = await open();
  const loading = await of.load();
  const zombie = of.start({ slot: 0, at: { gap: "offsets", commit: 3, signal: "SIGSTOP" } });
  await zombie.hears("gap");
  // What another machine would do: there the lock of this one is not seen.
  rmSync(join(of.folder, "locks", inSpace(of.space, `${sum.group}-0.lock.1`)));
  const heir = of.start({ slot: 0 });
  await heir.hears("committed");
  zombie.signal("SIGCONT");
  assert.equal(await zombie.ended, 3);
  assert.ok(zombie.said.includes("failed FENCED"), zombie.said.join("; "));
  await loading.stop();
  await of.drained(sum);
  assert.equal(await heir.stop(), 0);
  await checkSum(of);
});

test("given a zombie past its session and transaction, then it rebuilds", async () => {
  const { of, sum } = await open();
  const loading = await of.load();
  const zombie = of.start({ slot: 0, at: { gap: "sent", commit: 3, signal: "SIGSTOP" } });
  await zombie.hears("gap");
  const other = of.start();
  await other.hears("slot 1");
  // It takes over both partitions once the session is over and the open transaction was aborted.
  await other.hears("committed");
  await loading.stop();
  await of.drained(sum);
  const asleep = (await checkSum(of)).outputs;
  zombie.signal("SIGCONT");
  const again = await of.load();
  await other.stop();
  await again.stop();
  await of.drained(sum);
  assert.equal(await zombie.stop(), 0);
  assert.ok((await checkSum(of)).outputs > asleep, "the rest was done by the one that slept");
});
