import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "./config.ts";
import { BadRecord, type Refusal } from "./events/reading.ts";
import { allTopics } from "./events/topics.ts";
import { mapOf, topologyIn } from "./map.ts";
import { type DeadReason, reasonOf, Unreadable } from "./stream/topic.ts";

const config = readConfig({}, {});

/** Checked by the compiler: the engine knows every reason for which a contract refuses a value. */
const known = (refusal: Refusal): DeadReason => refusal;

test("given a value that a contract refuses, then the engine knows the reason", () => {
  const refusal = new BadRecord("amount_precision", "amount has too many decimals");
  assert.equal(reasonOf(refusal), known(refusal.reason));
  assert.equal(reasonOf(new Unreadable("wrong_type", "")), "wrong_type");
  assert.equal(reasonOf(new Error("a bug")), undefined);
});

test("given the map, then every role does something, and all topics are to be created", () => {
  const map = mapOf(config);
  assert.ok(map.some(({ processors }) => processors.length > 0));
  assert.ok(map.some(({ ingests }) => ingests.length > 0));
  assert.ok(map.some(({ sinks }) => sinks.length > 0));
  const names = topologyIn(config).topics.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name } of allTopics) assert.ok(names.includes(name), name);
  const changelogs = names.filter((name) => name.endsWith("-changelog"));
  assert.ok(changelogs.includes("feature-processor-group-customer-changelog"));
});

test("given the map, then nothing that only the simulation may know reaches a processor", () => {
  const readers = topologyIn(config).edges.filter(({ from }) => from === "topic:simulation-truth");
  for (const { to } of readers) assert.doesNotMatch(to, /^processor:/);
});
