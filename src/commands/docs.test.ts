import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../config.ts";
import { topologyIn } from "../map.ts";
import { docs } from "./docs.ts";
import { documents, stale } from "./documents.ts";
import { mermaid } from "./mermaid.ts";

const config = readConfig({}, {});
const topology = topologyIn(config);

test("given the repository, then no page is stale (else: ./bellwether docs --write)", () => {
  assert.ok(documents.length > 20);
  assert.deepEqual(stale(documents), []);
});

test("given a page that is not there, then it is stale", () => {
  assert.deepEqual(stale([{ path: "docs/none.md", make: () => "text" }]), ["docs/none.md"]);
});

test("given the map, then its parts fit together, and every edge has both its ends", () => {
  const ids = new Set(topology.nodes.map(({ id }) => id));
  assert.equal(ids.size, topology.nodes.length);
  assert.ok(topology.edges.length > 20);
  for (const { from, to } of topology.edges) assert.ok(ids.has(from) && ids.has(to));
});

test("given the map, then its picture holds each processor once and no edge to nowhere", () => {
  const lines = mermaid(topology).split("\n").slice(1);
  const boxes = lines.filter((line) => !/ -->| \.->/.test(line)).map((line) => line.trim());
  const names = new Set(boxes.map((line) => /^\w+/.exec(line)?.[0]));
  assert.equal(names.size, boxes.length);
  for (const { kind, name } of topology.nodes)
    if (kind === "processor") assert.ok(boxes.some((box) => box.includes(`<b>${name}</b>`)));
  for (const line of lines.filter((one) => / -->| \.->/.test(one))) {
    const [from, to] = line.trim().split(/ --> | -\. \w+ \.-> /);
    assert.ok(names.has(from) && names.has(to), line);
  }
});

test("given arguments that it does not know, then it says how it is used", async () => {
  await assert.rejects(docs(["--all"], { config }), { code: "ARGUMENT_WRONG" });
});
