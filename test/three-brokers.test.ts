import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

/** The long run is a command of its own: node test/soak/three-brokers.ts --seed N --seconds S. */
test("given three brokers, one after the other away, then the answer is as computed", async () => {
  const seed = String(Date.now() % 1_000_000);
  const script = join(import.meta.dirname, "soak", "three-brokers.ts");
  const flags = ["--disable-warning=ExperimentalWarning"];
  const faults = ["--faults", "stopped,killed,stopped"];
  const args = [...flags, script, "--seed", seed, ...faults];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (bytes) => (said += bytes));
  const [code] = await once(child, "exit");
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`Seed ${seed}: right\\.`));
});
