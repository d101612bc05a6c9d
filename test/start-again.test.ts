import assert from "node:assert/strict";
import { test } from "node:test";
import { superviseProcesses } from "../src/commands/up-processes.ts";
import { serverEnvironment } from "../src/embedded/servers.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { until } from "./launch.ts";
import { newFolder } from "./space.ts";

const env = { ...serverEnvironment(await testServers()), DATA_FOLDER: newFolder() };
const names = ["source"] as const;
/** Longer than a test may take. */
const long = 3_600_000;

/** One process that runs a command, and what is said of it. */
const supervised = (source: readonly string[], backoffMs: (attempt: number) => number) => {
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);
  return {
    said,
    of: superviseProcesses({ names, env, flags: [], instead: { source }, say, backoffMs }),
  };
};
const failing = ["sql", "select no_such_column"];

test("given a process that fails, then it starts again, and failures are counted", async () => {
  const attempts: number[] = [];
  const rest = (attempt: number) => {
    attempts.push(attempt);
    return 0;
  };
  const { said, of } = supervised(failing, rest);
  await until("it was started three times", () => attempts.length >= 3);
  await of.stop(names, long);
  assert.deepEqual(attempts.slice(0, 3), [0, 1, 2]);
  assert.ok(said.every((one) => one === "The process source ended with 1; it is started again."));
});

test("given a stop while a process rests, then the rest is over", async () => {
  const { said, of } = supervised(failing, () => long);
  await until("it rests", () => said.length > 0);
  await of.stop(names, long);
  assert.deepEqual(said, ["The process source ended with 1; it is started again."]);
});

test("given a process that does not end in time, then it is killed, and that is said", async () => {
  const { said, of } = supervised(["sql", "select pg_sleep(3600)"], () => long);
  await of.stop(names, 1);
  assert.deepEqual(said, ["The process source was killed, since it did not end in time."]);
});
