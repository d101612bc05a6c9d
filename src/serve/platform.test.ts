import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Failure } from "../errors.ts";
import type { Platform } from "./messages/platform.ts";
import { readPlatform } from "./platform.ts";

const shipped = join(import.meta.dirname, "../../deploy/platform/reference-bank.json");
const folder = mkdtempSync(join(tmpdir(), "platform-test-"));
after(() => rmSync(folder, { recursive: true }));

const refused = (text: string): Failure => {
  const file = join(folder, "platform.json");
  writeFileSync(file, text);
  try {
    readPlatform(file);
  } catch (thrown) {
    assert.ok(thrown instanceof Failure);
    assert.equal(thrown.code, "PLATFORM_WRONG");
    assert.match(thrown.what, /platform\.json cannot be shown: .*[^.]\.$/);
    assert.match(thrown.cure ?? "", /PLATFORM_FILE/);
    return thrown;
  }
  return assert.fail("the file was taken");
};
const changed = (change: (platform: Platform) => void): string => {
  const platform = structuredClone(readPlatform(shipped));
  change(platform);
  return refused(JSON.stringify(platform)).what;
};

test("given the shipped platform, then it has 32 components in ten layers", () => {
  const { components, layers } = readPlatform(shipped);
  assert.equal(components.length, 32);
  assert.deepEqual(
    layers.map(({ order, name }) => [order, name]),
    [
      [1, "Clients"],
      [2, "Gateway & Security"],
      [3, "Orchestration"],
      [4, "Agents"],
      [5, "Tools & Support"],
      [6, "Messaging & Streaming"],
      [7, "Data"],
      [8, "External Services"],
      [9, "Governance"],
      [10, "Monitoring"],
    ],
  );
  assert.equal(layers[5].color, "#FCE4EC");
  for (const { id } of layers)
    assert.ok(
      components.some(({ layer }) => layer === id),
      id,
    );
});

test("given Kafka and its neighbours, then each says what it does, and where its log lies", () => {
  const { components } = readPlatform(shipped);
  const of = (id: string) => components.find((one) => one.id === id)!;
  const functions = (id: string) => of(id).functions.map(({ name }) => name);
  assert.deepEqual(functions("kafka-broker"), [
    "receive_message",
    "store_message",
    "deliver_message",
    "replicate_partition",
  ]);
  assert.ok(of("kafka-broker").log_folder);
  const connect = ["capture_change", "transform_event", "publish_event"];
  assert.deepEqual(functions("kafka-connect"), connect);
  assert.deepEqual(of("kafka-connect").ports, [8083]);
  assert.match(of("kafka-connect").protocols_in.join(), /change streams.*replication slots/);
  assert.deepEqual(functions("audit-service"), [
    "consume_all_events",
    "hash_event",
    "store_audit_trail",
    "verify_integrity",
  ]);
  assert.equal(of("zookeeper").retired?.by, "KRaft");
  assert.match(of("zookeeper").retired?.since ?? "", /4\.0/);
});

test("given the flows, then fourteen join the platform to Kafka", () => {
  const { flows } = readPlatform(shipped);
  const joined = flows.filter(({ kind }) => kind === "stream").map((f) => `${f.from} → ${f.to}`);
  assert.deepEqual(joined.sort(), [
    "card-agent → kafka-broker",
    "conversations-store → kafka-connect",
    "governance-engine → kafka-broker",
    "kafka-broker → analytics-service",
    "kafka-broker → audit-service",
    "kafka-broker → notification-service",
    "kafka-broker → observability",
    "kafka-broker → warehouse-sync",
    "kafka-connect → kafka-broker",
    "loan-agent → kafka-broker",
    "mcp-tools → kafka-broker",
    "users-database → kafka-connect",
    "vector-store → kafka-connect",
    "wealth-agent → kafka-broker",
  ]);
});

test("given the scenarios, then each goes along declared flows", () => {
  const { scenarios, flows, components } = readPlatform(shipped);
  assert.deepEqual(
    scenarios.map(({ name }) => name),
    ["User updates profile", "Agent executes task", "Compliance violation"],
  );
  const known = new Set(components.map(({ id }) => id));
  const joined = new Set(flows.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  for (const { steps } of scenarios)
    for (const { from, to, topic } of steps) {
      assert.ok(known.has(from) && known.has(to), `${from} ${to}`);
      assert.ok(joined.has(`${from} ${to}`), `no flow joins ${from} and ${to}`);
      const carries = flows.find((flow) => flow.from === from && flow.to === to);
      if (topic) assert.ok(carries?.topics.includes(topic), `${from} ${to} ${topic}`);
    }
});

test("given the scenarios, then each tells its parts in their order", () => {
  const { scenarios } = readPlatform(shipped);
  const told = Object.fromEntries(
    scenarios.map(({ name, steps }) => [
      name,
      steps.map(({ from, to, topic }) => `${from} > ${to}${topic ? ` on ${topic}` : ""}`),
    ]),
  );
  assert.deepEqual(told["User updates profile"], [
    "web-app > api-gateway",
    "api-gateway > authentication",
    "api-gateway > planner",
    "planner > memory-manager",
    "memory-manager > users-database",
    "users-database > kafka-connect",
    "kafka-connect > kafka-broker on db.changes.users",
    "kafka-broker > audit-service on db.changes.users",
    "kafka-broker > analytics-service on db.changes.users",
    "kafka-broker > observability on db.changes.users",
  ]);
  assert.deepEqual(told["Agent executes task"], [
    "executor > card-agent",
    "card-agent > mcp-tools",
    "mcp-tools > cards-api",
    "cards-api > mcp-tools",
    "mcp-tools > card-agent",
    "card-agent > kafka-broker on agent.executions",
    "kafka-broker > analytics-service on agent.executions",
    "kafka-broker > audit-service on agent.executions",
    "kafka-broker > observability on agent.executions",
  ]);
  assert.deepEqual(told["Compliance violation"], [
    "card-agent > governance-engine",
    "governance-engine > kafka-broker on compliance.alerts",
    "kafka-broker > audit-service on compliance.alerts",
    "kafka-broker > notification-service on compliance.alerts",
    "notification-service > staff-console",
    "kafka-broker > observability on compliance.alerts",
    "observability > prometheus",
    "prometheus > grafana",
  ]);
});

test("given a flow of a stream, then both its ends know its topics", () => {
  const { flows, components } = readPlatform(shipped);
  const topicsOf = new Map(components.map(({ id, topics }) => [id, new Set<string>(topics)]));
  const streams = flows.filter(({ kind, topics }) => kind === "stream" && topics.length > 0);
  assert.ok(streams.length > 10);
  for (const { from, to, topics } of streams)
    for (const end of [from, to])
      for (const topic of topics) assert.ok(topicsOf.get(end)?.has(topic), `${end}: ${topic}`);
});

test("given a broken file, then the reason and the cure are said", () => {
  assert.match(refused("{").what, /it is not JSON/);
  assert.match(refused("[]").what, /the file must be object/);
  assert.match(
    changed((p) => (p.layers[2].color = "red")),
    /layers → 2 \(orchestration\) → color/,
  );
  assert.match(
    changed((p) => (p.components[4].badge = "x" as "topic")),
    /authentication/,
  );
  assert.match(
    changed((p) => (p.components[0].layer = "nowhere")),
    /layer "nowhere"/,
  );
  assert.match(
    changed((p) => (p.components[1].id = p.components[0].id)),
    /given twice/,
  );
  assert.match(
    changed((p) => (p.flows[0].to = "nobody")),
    /"nobody", which is no component/,
  );
  assert.match(
    changed((p) => (p.scenarios[0].steps[0].to = "nobody")),
    /user-updates-profile/,
  );
});

test("given no file, or one that is far too large, then that is said", () => {
  assert.throws(() => readPlatform(join(folder, "none.json")), /there is no such file/);
  assert.match(refused(" ".repeat(4_000_001)).what, /larger than 4000000 bytes/);
});
