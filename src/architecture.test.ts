import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contrast, laneGround, signColour } from "../web/pages/architecture/colours.ts";
import { columnsOf } from "../web/pages/architecture/columns.ts";
import {
  blastOf,
  fatesOf,
  graphOf,
  scenariosOf,
  type View,
  whatIf,
} from "../web/pages/architecture/graph.ts";
import { ownPart } from "./architecture.ts";
import { readConfig, root } from "./config.ts";
import { allTopics } from "./events/topics.ts";
import { topologyIn } from "./map.ts";
import { declaredArchitecture, watchable } from "./serve/architecture.ts";
import { brokenReference } from "./serve/platform.ts";

const config = readConfig({}, {});
const own = ownPart(config);
const answer = declaredArchitecture(own, config.platformFile);
const graph = (view: View) => graphOf(answer, view);
const named = (ids: Iterable<string>) => [...ids].sort();

test("given the map, then everything on it is drawn, and nothing else but the stores", () => {
  const onMap = topologyIn(config)
    .nodes.filter(({ kind }) => kind !== "changelog")
    .map(({ id }) => id);
  const drawn = own.drawn.components.map(({ id }) => id);
  const beside = drawn.filter((id) => /^(store|serve):/.test(id));
  assert.deepEqual(named(drawn), named([...onMap, ...beside]));
  for (const id of ["store:kafka", "store:postgres", "store:redis", "serve:api"])
    assert.ok(beside.includes(id), id);
  assert.equal(brokenReference(own.drawn), undefined);
  assert.deepEqual(
    own.drawn.layers.map(({ id, order }) => [order, id]),
    [
      [1, "events"],
      [2, "ingest"],
      [3, "process"],
      [4, "serve"],
      [5, "sink"],
      [6, "stream"],
    ],
  );
});

test("given the flows of the map, then each can be seen, or it is said why not", () => {
  const all = watchable(own);
  assert.equal(all.length, own.drawn.flows.length);
  const of = (from: string, to: string) => all.find((f) => f.from === from && f.to === to)!;
  const read = of("topic:transactions-stream", "processor:feature-processor");
  assert.equal(read.unseen, undefined);
  assert.match(of("ingest:clock", "topic:ticks").unseen!, /do not say who wrote them/);
  assert.match(of("topic:policies", "processor:feature-processor").unseen!, /without a group/);
  assert.match(of("topic:dashboard-updates", "sink:live").unseen!, /without a group/);
  assert.match(of("sink:redis-sink", "store:redis").unseen!, /Only flows through Kafka/);
  assert.equal(of("processor:feature-processor", "topic:dead-letters").rare, true);
});

test("given our own scenario, then it walks along the map, and its messages are good", () => {
  const [line, ...others] = own.drawn.scenarios;
  assert.equal(line.name, "A failed payment becomes a call");
  assert.deepEqual(others, []);
  const joined = new Set(
    own.drawn.flows.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]),
  );
  const contracts = new Map(allTopics.map((topic) => [topic.name, topic]));
  for (const { from, to, topic, message } of line.steps) {
    assert.ok(joined.has(`${from} ${to}`), `${from} ${to}`);
    if (topic) contracts.get(topic)!.read(Buffer.from(JSON.stringify(message)));
  }
});

test("given both parts, then the platform's four scenarios are listed, each with its graph", () => {
  assert.equal(answer.platform_fault, null);
  assert.deepEqual(
    scenariosOf(answer).map(({ name }) => name),
    [
      "User updates profile",
      "Agent executes task",
      "Compliance violation",
      "A failed payment becomes a call",
    ],
  );
  assert.equal(graph("platform").nodes.size, 32);
  assert.equal(graph("both").nodes.size, 32 + own.drawn.components.length);
  const same = graph("both").edges.filter(({ kind }) => kind === "same");
  assert.ok(same.some(({ from, to }) => from === "kafka-broker" && to === "store:kafka"));
});

test("given a topic, then its blast radius is what it feeds and what feeds it", () => {
  const { upstream, downstream } = blastOf(graph("own"), "topic:predictions-stream");
  for (const id of ["processor:intervention-worker", "sink:notify", "store:postgres"])
    assert.ok(downstream.has(id), id);
  for (const id of ["processor:feature-processor", "topic:transactions-stream", "ingest:http"]) {
    assert.ok(upstream.has(id), id);
    assert.ok(!downstream.has(id), id);
  }
  assert.ok(!upstream.has("sink:notify"));
});

test("given a broker, then data reaches only those who take its topic", () => {
  const reached = blastOf(graph("platform"), "users-database").downstream;
  for (const id of ["kafka-connect", "kafka-broker", "audit-service", "observability"])
    assert.ok(reached.has(id), id);
  assert.ok(!reached.has("notification-service"));
  const alerted = blastOf(graph("platform"), "governance-engine").downstream;
  assert.ok(alerted.has("notification-service") && alerted.has("staff-console"));
  assert.ok(!alerted.has("api-gateway"));
});

test("given a broken processor, then its records wait, and what only it feeds runs dry", () => {
  const { wait, starve, works, fail } = whatIf(
    graph("own"),
    new Set(["processor:feature-processor"]),
  );
  assert.ok(wait.some(({ from }) => from === "topic:transactions-stream"));
  assert.ok(starve.has("topic:customer-features"));
  assert.ok(works.has("sink:transactions-sink") && works.has("serve:api"));
  assert.deepEqual(named(fail), []);
  const notify = whatIf(graph("own"), new Set(["sink:notify"]));
  assert.deepEqual(named(notify.fail), []);
  assert.deepEqual(named(notify.starve), ["store:channels"]);
});

test("given broken Postgres, then sinks stand still, the API fails, and the line works on", () => {
  const { stalled, wait, works, fail } = whatIf(graph("own"), new Set(["store:postgres"]));
  assert.ok(stalled.has("sink:read-model-sink") && stalled.has("sink:notify"));
  assert.ok(wait.some(({ to }) => to === "sink:notify"));
  assert.deepEqual(named(fail), ["serve:api"]);
  assert.ok(works.has("processor:intervention-worker") && works.has("sink:redis-sink"));
});

test("given broken Kafka, then nothing moves; the stores still answer", () => {
  const { stalled, starve, works } = whatIf(graph("own"), new Set(["store:kafka"]));
  assert.ok(stalled.has("ingest:http"));
  assert.ok(starve.has("sink:notify"));
  assert.ok(works.has("serve:api"));
});

test("given a scenario and a loss, then it stops there, waits there, or does not need it", () => {
  const [profile] = scenariosOf(answer);
  const fates = (broken: string) => fatesOf(graph("platform"), profile, new Set([broken]));
  assert.deepEqual(fates("authentication"), ["done", "stops", ...Array(8).fill("never")]);
  assert.deepEqual(fates("kafka-connect").slice(4), ["done", "waits", ...Array(4).fill("never")]);
  const audit = fates("audit-service");
  assert.deepEqual(audit.slice(7), ["waits", "done", "done"]);
  assert.deepEqual(new Set(fates("grafana")), new Set(["done"]));
});

test("given any loss in any scenario, then no step that is done touches what is lost", () => {
  for (const scenario of scenariosOf(answer)) {
    const of = graph(scenario.part);
    for (const id of of.nodes.keys())
      for (const [at, fate] of fatesOf(of, scenario, new Set([id])).entries()) {
        const { from, to } = scenario.steps[at];
        assert.ok(fate !== "done" || (from !== id && to !== id), `${scenario.id} ${id} ${at}`);
      }
  }
});

test("given lanes, then data goes from left to right in the order of the folders", () => {
  const of = graph("own");
  const columns = columnsOf(of, "own");
  const at = (id: string) => columns.get(id)!;
  const line = [
    "ingest:http",
    "topic:transactions-stream",
    "processor:feature-processor",
    "topic:predictions-stream",
    "processor:intervention-worker",
    "topic:notifications",
    "sink:notify",
    "store:postgres",
  ];
  assert.deepEqual(
    line.map(at),
    line.map(at).toSorted((a, b) => a - b),
  );
  assert.equal(new Set(line.map(at)).size, line.length);
  const orders = [...of.nodes.values()].filter(({ badge }) => badge !== "topic");
  for (const a of orders)
    for (const b of orders)
      if (a.lane.order < b.lane.order) assert.ok(at(a.id) < at(b.id), `${a.id} ${b.id}`);
  const platform = columnsOf(graph("platform"), "platform");
  assert.equal(new Set(platform.values()).size, 10);
});

test("given any colour of a lane, then text on it can be read in both themes", () => {
  const given = own.drawn.layers.map(({ color }) => color);
  assert.equal(laneGround("#FCE4EC").light, "#fce4ec");
  for (const color of [...given, "#000000", "#ff0000", "#FFFFFF", "#1d2326"]) {
    const { light, dark } = laneGround(color);
    assert.ok(contrast(light, "#1d2326") >= 4.5, `${color} ${light}`);
    assert.ok(contrast(dark, "#e6e9ea") >= 4.5, `${color} ${dark}`);
    const sign = signColour(color);
    assert.ok(contrast(sign.light, "#ffffff") >= 3, color);
    assert.ok(contrast(sign.dark, "#1b2124") >= 3, color);
  }
});

test("given a broken platform file, then our own part is answered all the same", () => {
  const file = join(root, "package.json");
  const { own: drawn, platform, platform_fault: fault } = declaredArchitecture(own, file);
  assert.equal(drawn.components.length, own.drawn.components.length);
  assert.equal(platform, null);
  assert.equal(fault?.code, "PLATFORM_WRONG");
  assert.ok(readFileSync(file, "utf8").length > 0);
});
