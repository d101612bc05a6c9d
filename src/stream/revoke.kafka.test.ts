import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Line } from "../../test/soak/harness.ts";
import { line } from "../../test/soak/line.ts";
import { checkSum } from "../../test/soak/oracle.ts";
import { readConfig } from "../config.ts";
import { anyPorts, startServers } from "../embedded/servers.ts";

const folder = mkdtempSync(join(tmpdir(), "revoke-test-"));
const config = readConfig({ dataFolder: folder }, {});
const say = () => undefined;
/** A broker of the file's own, which can be made to hang. */
const servers = await startServers({ config, need: ["kafka"], ports: anyPorts, say });
const broker = servers.kafka.pid as number;
const of = await Line.open(servers.kafka.bootstrap, 4);
after(async () => {
  await of.close();
  await servers.stop();
  rmSync(folder, { recursive: true });
});
const { sum } = line(of.topics);

test("given a broker that hangs while partitions are given up, then that has an end", async () => {
  const before = await of.load();
  // It commits nothing by itself before partitions go to the second process.
  const at = { gap: "offsets", commit: 1, signal: "SIGSTOP" } as const;
  const first = of.start({ slot: 0, commitMs: 600_000, at });
  await first.hears("runs");
  await before.stop();
  const second = of.start({ slot: 1 });
  await first.hears("gap offsets");
  process.kill(broker, "SIGSTOP");
  // It says that it is there before it stops: woken once, it might stop after that.
  const waking = setInterval(() => first.signal("SIGCONT"), 100);
  await first.hears("says sum starts over").finally(() => clearInterval(waking));
  process.kill(broker, "SIGCONT");
  const after = await of.load();
  await second.hears("committed");
  await after.stop();
  assert.equal(await first.stop(), 0);
  await of.drained(sum);
  assert.equal(await second.stop(), 0);
  await checkSum(of);
});
