import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import { readConfig } from "./config.ts";
import { allTopics } from "./events/topics.ts";
import { topologyIn } from "./map.ts";
import type { SchemaNode } from "./rules/schema/fields.ts";
import { readPublished } from "./schema-record.ts";
import { asyncApi } from "./serve/asyncapi.ts";
import { listContracts, readContract } from "./serve/contracts.ts";
import { groupsOf } from "./space-setup.ts";
import { asyncApiFaults } from "./test-documents.ts";

const topology = topologyIn(readConfig({}, {}));
const groupsIn = (space: string) =>
  new Set(groupsOf(readConfig({ space }, {})).map(({ group }) => group));
const published = readPublished();
const options = {
  ...{ contracts: allTopics, topology, published, space: "live" },
  groups: groupsIn("live"),
};
type Json = Record<string, unknown>;
type Document = {
  channels: Record<string, { address: string; messages: Json }>;
  operations: Record<string, { action: string; channel: { $ref: string }; bindings?: Json }>;
  components: {
    schemas: Record<string, Json>;
    messages: Record<string, { examples?: { headers?: Json; payload: unknown }[] }>;
  };
};
const documentIn = (space: string) => {
  const place = { version: "1.2.3", bootstrap: "127.0.0.1:9092", space, groups: groupsIn(space) };
  return asyncApi({ ...options, ...place }) as Json & Document;
};

test("given the map, then its AsyncAPI document keeps the official schema", () => {
  for (const space of ["live", "trial"]) assert.deepEqual(asyncApiFaults(documentIn(space)), []);
});

test("given a document that is wrong, then the official schema says so", () => {
  const document = structuredClone(documentIn("live"));
  document.operations["intervene.receive.nothing"] = { action: "hear", channel: { $ref: "#" } };
  assert.ok(asyncApiFaults(document).length > 0);
  const { info: _, ...nameless } = documentIn("live");
  assert.ok(asyncApiFaults(nameless).length > 0);
});

test("given the document, then each reference leads somewhere", () => {
  const document = documentIn("live");
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  assert.ok(references.length > 100);
  for (const [, path] of references) {
    const found = path.split("/").reduce<unknown>((at, part) => (at as Json)?.[part], document);
    assert.notEqual(found, undefined, path);
  }
});

test("given the document, then each reading and writing of the map is an operation", () => {
  const { channels, operations } = documentIn("trial");
  assert.deepEqual(Object.keys(channels).sort(), allTopics.map(({ name }) => name).sort());
  assert.equal(channels["predictions-stream"].address, "trial.predictions-stream");
  const read = operations["intervention-worker.receive.predictions-stream"];
  assert.equal(read.action, "receive");
  assert.match(JSON.stringify(read.bindings), /trial\.intervention-service-group/);
  const sunk = operations["read-model-sink.receive.predictions-stream"];
  assert.match(JSON.stringify(sunk.bindings), /trial\.read-model-sink-group/);
  assert.equal(operations["feature-processor.send.predictions-stream"].action, "send");
  assert.equal(operations["feature-processor.receive.policies"].action, "receive");
});

test("given the document, then each example keeps its schema, and its header its pattern", () => {
  const { components } = documentIn("live");
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const { name } of allTopics) {
    const [example] = components.messages[`${name}.event`].examples ?? [];
    const keeps = ajv.compile(components.schemas[name]);
    assert.ok(keeps(example.payload), `${name}: ${ajv.errorsText(keeps.errors)}`);
    if (example.headers) assert.match(String(example.headers.bw), /^1(\|[^|]*){8}$/);
  }
});

test("given a contract, then who writes and reads it is told by the map", () => {
  const listed = listContracts(options);
  assert.deepEqual(
    listed.map(({ topic }) => topic),
    allTopics.map(({ name }) => name),
  );
  const found = readContract(options, "interventions-stream");
  assert.deepEqual(
    found.producers.map(({ name, how }) => `${name} ${how}`),
    ["intervention-worker writes"],
  );
  assert.ok(found.consumers.some(({ name }) => name === "read-model-sink"));
  const late = readContract(options, "late-events").producers;
  assert.ok(late.every(({ how }) => how === "late") && late.length > 0);
});

test("given another space, then groups are named as the screen Groups names them", () => {
  const trial = { ...options, space: "trial", groups: groupsIn("trial") };
  const { consumers } = readContract(trial, "interventions-stream");
  const groups = consumers.flatMap(({ group }) => group ?? []);
  assert.ok(groups.includes("read-model-sink-group"), groups.join());
  assert.deepEqual(
    groups.filter((group) => group.startsWith("trial.")),
    [],
  );
});

test("given personal fields, then they are marked, also within lists", () => {
  const { history, personal } = readContract(options, "customer-updates");
  const marked = history[0].fields.filter((field) => field.personal).map(({ path }) => path);
  assert.deepEqual(marked, personal);
});

test("given a topic that is none, then it is refused", () => {
  assert.throws(() => readContract(options, "nothing"), { code: "CONTRACT_UNKNOWN" });
});

test("given an earlier version, then what changed since is told", () => {
  const [now] = options.published.get("outcomes") ?? [];
  const { amount: _, ...properties } = now.schema.properties ?? {};
  const earlier = { version: "0", schema: { ...now.schema, properties } as SchemaNode };
  const published = new Map([["outcomes", [earlier, now]]]);
  const { history, versions } = readContract({ ...options, published }, "outcomes");
  assert.equal(versions, 2);
  assert.deepEqual(
    history.map(({ version, changes }) => [version, changes.map(({ says }) => says)]),
    [
      ["1", ["is new"]],
      ["0", []],
    ],
  );
});
