import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../src/embedded/test-servers.ts";
import { isoTime } from "../src/events/time.ts";
import {
  customerUpdates,
  deadLetters,
  outcomes,
  predictionsStream,
  transactions,
} from "../src/events/topics.ts";
import { FEATURE_SET, featureRegistry } from "../src/process/delinquency/features.ts";
import { badInputs, cures } from "./bad-input.ts";
import { declineOf, profileOf, transactionOf } from "./events.ts";
import { launch, until } from "./launch.ts";
import { readTopic, valuesOf } from "./read-topic.ts";
import { caughtUp, lineGroups, openStage } from "./space.ts";

const stage = await openStage(await testServers());
const { pool, writer, env } = stage;
const line = launch(["run", "line", "sink", "outbox", "api"], env);
const [url] = await line.says(/http:\/\/[\d.]+:\d+/);
const sinks = ["transactions-sink-group", "read-model-sink-group", "redis-sink-group"];
const groups = [...lineGroups, ...sinks];
const now = Date.now();

type Result = { index: number; status: string; id: string | null; reason?: string; error?: string };
type Events = { accepted: number; refused: number; results: Result[] };

const send = async <T>(path: string, body: unknown, headers: Record<string, string> = {}) => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, body: (await response.json()) as T };
};
const get = async <T>(path: string) => {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as T };
};
const events = (topic: string, body: unknown, headers?: Record<string, string>) =>
  send<Events>(`/events/${topic}`, body, headers);
const ndjson = { "content-type": "application/x-ndjson" };
const rows = async <R>(query: string, values: unknown[] = []): Promise<R[]> =>
  (await pool.query(query, values)).rows;

test("given a customer's life by HTTP, then it is scored and decided on as any other", async () => {
  await writer.send(customerUpdates, "H1", profileOf("H1", now - 70 * 86_400_000));
  await writer.flush();
  const life = declineOf("H1", now);
  const [first, ...rest] = life;
  assert.deepEqual(await events("transactions-stream", first), {
    status: 200,
    body: {
      topic: "transactions-stream",
      accepted: 1,
      refused: 0,
      results: [{ index: 0, status: "accepted", id: first.transaction_id }],
    },
  });
  const half = rest.length >> 1;
  assert.equal((await events("transactions-stream", rest.slice(0, half))).body.accepted, half);
  const lines = Buffer.from(
    rest
      .slice(half)
      .map((one) => `${JSON.stringify(one)}\r\n`)
      .join("\n"),
  );
  const answer = await events("transactions-stream", lines, ndjson);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.accepted, rest.length - half);
  await caughtUp(stage, groups);
  const [{ n }] = await rows<{ n: number }>(
    "select count(*)::int as n from transactions where customer_id = 'H1'",
  );
  assert.equal(n, life.length);
  const found = await rows("select 1 from risk_scores where customer_id = 'H1'");
  assert.ok(found.length > 0, "nothing was scored");
});

test("given every bad input by HTTP, then each gets its reason and its cure", async () => {
  const before = (await readTopic(stage, deadLetters)).length;
  // By HTTP a record has no key but its own, so that it cannot lack one or have another's.
  const keyed = new Set(["another's id", "a null key"]);
  for (const [at, { name, reason, value }] of badInputs.entries()) {
    const customer = `BADHTTP-${at}`;
    const bytes = value(customer, now) ?? Buffer.from("null");
    const { status, body } = await events("transactions-stream", bytes);
    if (keyed.has(name)) {
      assert.equal(status, 200, name);
      continue;
    }
    if (name === "an empty value") {
      assert.equal(status, 400, name);
      continue;
    }
    assert.equal(status, 422, `${name}: ${JSON.stringify(body)}`);
    if (name === "an array") continue;
    assert.equal(body.results.length, 1, name);
    const [result] = body.results;
    assert.deepEqual([result.status, result.reason], ["refused", reason], name);
    assert.match(result.error as string, /\.$/, name);
    assert.ok(result.error?.includes(`: ${cures.get(name)}`), `${name}: ${result.error}`);
  }
  assert.equal((await readTopic(stage, deadLetters)).length, before);
});

test("given good and bad in one array, then each is judged by itself", async () => {
  const pieces = badInputs.flatMap(({ name, value }, at) => {
    const bytes = value(`MIXED-${at}`, now);
    const fits = bytes !== null && bytes.length > 0 && bytes.length < 1_000_000;
    const isText = name !== "malformed JSON" && name !== "no JSON at all";
    return fits && isText ? [bytes] : [];
  });
  const good = transactionOf("MIXED", "in the middle", now);
  const all = pieces.flatMap((bytes) => [bytes, Buffer.from(JSON.stringify(good))]);
  const body = Buffer.concat([
    Buffer.from(" [ "),
    ...all.flatMap((bytes, at) => (at === 0 ? [bytes] : [Buffer.from(" ,\n"), bytes])),
    Buffer.from("]\n"),
  ]);
  const answer = await events("transactions-stream", body);
  assert.equal(answer.status, 207);
  assert.equal(answer.body.results.length, all.length);
  const atGood = answer.body.results.filter(({ index }) => index % 2 === 1);
  assert.ok(atGood.every(({ status, id }) => status === "accepted" && id === "in the middle"));
  assert.ok(answer.body.refused >= 15, `${answer.body.refused} refused`);
  await caughtUp(stage, groups);
  const [{ n }] = await rows<{ n: number }>(
    "select count(*)::int as n from transactions where customer_id = 'MIXED'",
  );
  assert.equal(n, 1, "sent again under one id, it counts once");
});

test("given what is no request for records, then it is refused with the cure", async () => {
  const status = async (path: string, body: unknown, headers?: Record<string, string>) => {
    const answer = await send<{ code: string; cure: string }>(path, body, headers);
    assert.ok(answer.body.cure, JSON.stringify(answer.body));
    return [answer.status, answer.body.code];
  };
  const path = "/events/transactions-stream";
  assert.deepEqual(await status("/events/interventions-stream", {}), [404, "INGEST_CLOSED"]);
  assert.deepEqual(await status(path, []), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await status(path, Buffer.from("  ")), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await status(path, Buffer.alloc(12_000_001, 32)), [413, "BODY_TOO_LARGE"]);
  const csv = { "content-type": "text/csv" };
  assert.deepEqual(await status(path, Buffer.from("a,b"), csv), [415, "REQUEST_WRONG"]);
});

test("given records without ids, then a key stands for them, and they count once", async () => {
  const nameless = [1, 2].map((n) => ({
    ...transactionOf("NAMELESS", "", now + n),
    transaction_id: undefined,
  }));
  const refused = await events("transactions-stream", nameless);
  assert.equal(refused.status, 422);
  assert.ok(refused.body.results.every(({ reason }) => reason === "id_missing"));
  const key = { "idempotency-key": "batch 7" };
  const first = await events("transactions-stream", nameless, key);
  const again = await events("transactions-stream", nameless, key);
  assert.equal(first.status, 200);
  assert.deepEqual(again.body, first.body);
  await caughtUp(stage, groups);
  const found = await rows<{ transaction_id: string }>(
    "select transaction_id from transactions where customer_id = 'NAMELESS' order by txn_time",
  );
  assert.deepEqual(
    found.map(({ transaction_id }) => transaction_id),
    first.body.results.map(({ id }) => id),
  );
});

test("given outcomes and raw transactions, then they pass, but no outcome for nobody", async () => {
  const outcome = { ...outcomes.example, customer_id: "H1", outcome_id: "O1" };
  const nobody = { ...outcome, customer_id: "NOBODY", outcome_id: "O2" };
  const { status, body } = await events("outcomes", [outcome, nobody]);
  assert.equal(status, 207);
  assert.deepEqual(
    body.results.map(({ status, reason }) => [status, reason]),
    [
      ["accepted", undefined],
      ["refused", "customer_unknown"],
    ],
  );
  const raw = await events("transactions", transactions.example);
  assert.deepEqual(raw.body.results[0].id, transactions.example.tx_id);
  assert.equal((await valuesOf(stage, transactions)).length, 1);
  const [stored] = await valuesOf(stage, outcomes);
  assert.equal(stored.outcome_id, "O1");
});

test("given a prediction asked for, then it is stored, published once, and explained", async () => {
  await caughtUp(stage, groups);
  type Answer = Record<string, unknown> & { prediction_id: string; top_features: object[] };
  const { status, body } = await send<Answer>("/predict", { customer_id: "H1" });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.customer_id, "H1");
  assert.equal(body.trigger, "request");
  assert.equal(body.what_if, false);
  assert.equal(isoTime(Date.parse(String(body.as_of))), body.as_of);
  const id = body.prediction_id;
  const isIt = (one: { prediction_id: string }) => one.prediction_id === id;
  const published = await until("it is published", async () =>
    (await valuesOf(stage, predictionsStream)).find(isIt),
  );
  const { what_if: _, ...event } = body;
  assert.deepEqual(published, event);
  await caughtUp(stage, groups);
  const found = await rows("select 1 from risk_scores where prediction_id = $1", [id]);
  assert.equal(found.length, 1);
  assert.equal((await rows("select 1 from outbox")).length, 0);

  const last = (await valuesOf(stage, predictionsStream)).filter(
    (one) => one.customer_id === "H1" && one.trigger !== "request",
  );
  const assessed = last.find((one) => one.risk_score === body.risk_score);
  assert.ok(assessed, "assess scores the same features alike");
  assert.deepEqual(body.contributions, assessed.contributions);
  assert.deepEqual(body.top_features, assessed.top_features);

  type Decision = {
    kind: string;
    prediction: object;
    policies: { key: string; hash: string }[];
    contact: { why: string };
    seal: object;
    changes: { from: string; change: number; base_change: number; factors: { change: number }[] };
    interventions: { prediction_id: string }[];
  };
  const decision = await get<Decision>(`/decisions/${id}`);
  assert.equal(decision.status, 200, JSON.stringify(decision.body));
  assert.equal(decision.body.kind, "prediction");
  assert.deepEqual(decision.body.prediction, event);
  assert.deepEqual(
    decision.body.policies.map(({ key }) => key.split(":", 1)[0]).sort(),
    kinds(body.risk_level),
  );
  assert.match(decision.body.contact.why, /\.$/);
  assert.deepEqual(decision.body.seal, { intact: true, detail: null });
  const [first] = last;
  const newest = last.findLast((one) => one.risk_score === body.previous_score);
  assert.ok(newest && newest !== first);
  const micros = (value: number) => Math.round(value * 1e6);
  const since = await get<Decision>(`/decisions/${id}?since=${first.prediction_id}`);
  for (const [before, { changes }] of [
    [newest, decision.body],
    [first, since.body],
  ] as const) {
    assert.equal(changes.from, before.prediction_id);
    const apart = micros(Number(body.log_odds)) - micros(Number(before.log_odds));
    assert.equal(micros(changes.change), apart);
    const sum = changes.factors.reduce((all, one) => all + micros(one.change), 0);
    assert.equal(sum + micros(changes.base_change), apart);
  }
  assert.equal((await get(`/decisions/${id}?since=NONE`)).status, 404);
});

test("given a score of another customer, then nothing is said of what changed since", async () => {
  await events("transactions-stream", transactionOf("H7", "H7-1", now, { is_failed: true }));
  await caughtUp(stage, groups);
  const newest = async (customer: string) => {
    const [found] = await rows<{ prediction_id: string }>(
      "select prediction_id from risk_scores where customer_id = $1 order by score_date desc",
      [customer],
    );
    return found.prediction_id;
  };
  const [own, other] = [await newest("H1"), await newest("H7")];
  assert.equal((await get(`/decisions/${own}`)).status, 200);
  assert.equal((await get(`/decisions/${own}?since=${other}`)).status, 404);
});

test("given a trace by HTTP, then a score bears it where it is sampled", async () => {
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
  for (const flags of ["01", "00"]) {
    const one = transactionOf(`TRACE${flags}`, flags, now, { is_failed: true });
    await events("transactions-stream", one, { traceparent: `${trace}-${flags}` });
  }
  await caughtUp(stage, groups);
  const scores = (await readTopic(stage, predictionsStream)).map(({ key, headers = [] }) => {
    return [String(key), String(headers.find((h) => "traceparent" in h)?.traceparent)].join(" ");
  });
  const found = new Set(scores.filter((score) => score.startsWith("TRACE")));
  assert.deepEqual([...found].sort(), ["TRACE00 undefined", `TRACE01 ${trace}-01`]);
});

const kinds = (level: unknown) =>
  level === "LOW" ? ["model", "scoring"] : ["contact", "model", "scoring"];

test("given what if, then it is answered and stored, and nobody else is told", async () => {
  const features = { failed_txn_count_7d: 40, salary_delay_days: null };
  type Answer = { prediction_id: string; what_if: boolean; risk_score: number };
  const { status, body } = await send<Answer>("/predict", { customer_id: "H1", features });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.what_if, true);
  const { body: decision } = await get<{ kind: string; what_if: { instead: object } }>(
    `/decisions/${body.prediction_id}`,
  );
  assert.equal(decision.kind, "what_if");
  assert.deepEqual(decision.what_if.instead, features);
  const waits = await rows("select 1 from outbox where prediction_id = $1", [body.prediction_id]);
  const scored = await rows("select 1 from risk_scores where prediction_id = $1", [
    body.prediction_id,
  ]);
  assert.deepEqual([waits.length, scored.length], [0, 0]);
  const unknown = await send<{ code: string; error: string }>("/predict", {
    customer_id: "H1",
    features: { shoe_size: 44 },
  });
  assert.deepEqual([unknown.status, unknown.body.code], [400, "FEATURE_UNKNOWN"]);
  assert.match(unknown.body.error, /shoe_size/);
});

test("given several customers and a key, then each has a result, and once", async () => {
  type Batch = { results: { status: number; prediction?: { prediction_id: string } }[] };
  const body = { customer_ids: ["H1", "NOBODY"] };
  const key = { "idempotency-key": "twice" };
  const first = await send<Batch>("/predict", body, key);
  assert.equal(first.status, 207);
  assert.deepEqual(
    first.body.results.map(({ status }) => status),
    [200, 404],
  );
  const again = await send<Batch>("/predict", body, key);
  assert.deepEqual(again.body, first.body);
  for (const wrong of [{}, { customer_id: "H1", customer_ids: ["H1"] }, { customer_id: 5 }])
    assert.equal((await send("/predict", wrong)).status, 400, JSON.stringify(wrong));
  assert.equal((await send("/predict", { customer_ids: ["H1", "H1"] })).status, 400);
  assert.equal((await send("/predict", { customer_id: "NOBODY" })).status, 404);
});

test("given a key that comes with other circumstances, then those are answered", async () => {
  type Answer = { prediction_id: string };
  const key = { "idempotency-key": "what if" };
  const idWith = async (failed: number): Promise<string> => {
    const body = { customer_id: "H1", features: { failed_txn_count_7d: failed } };
    return (await send<Answer>("/predict", body, key)).body.prediction_id;
  };
  const few = await idWith(0);
  const many = await idWith(9);
  assert.ok(few && many && few !== many, `${few}, ${many}`);
  assert.deepEqual([await idWith(0), await idWith(9)], [few, many]);
});

test("given the feature store, then it says what there is, of one and of many", async () => {
  const { body: registry } = await get("/features");
  assert.deepEqual(registry, { feature_set: FEATURE_SET, features: featureRegistry });
  const names = featureRegistry.map(({ feature }) => feature);
  type Vector = { customer_id: string; features: Record<string, number | null> };
  const { status, body } = await get<Vector>("/features/H1");
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body.features).sort(), names.toSorted());
  assert.equal((await get("/features/NOBODY")).status, 404);
  type Batch = { found: Vector[]; missing: string[] };
  const batch = await send<Batch>("/features", {
    customer_ids: ["NOBODY", "H1"],
    features: ["failed_txn_count_7d"],
  });
  assert.deepEqual(batch.body.missing, ["NOBODY"]);
  assert.deepEqual(Object.keys(batch.body.found[0].features), ["failed_txn_count_7d"]);
  const wrong = { customer_ids: ["H1"], features: ["shoe_size"] };
  assert.equal((await send("/features", wrong)).status, 400);
});

test("given doubts about a decision, then a review is asked for, once for a key", async () => {
  const [{ intervention_id: id }] = await rows<{ intervention_id: string }>(
    `select intervention_id from interventions where customer_id = 'H1'
     union select intervention_id from suppressed_interventions where customer_id = 'H1' limit 1`,
  );
  const key = { "idempotency-key": "again" };
  const path = `/decisions/${encodeURIComponent(id)}`;
  const doubt = { reason: "Paid already." };
  const asked = await send<{ asked_by: string }>(`${path}/review`, doubt, key);
  assert.equal(asked.status, 201, JSON.stringify(asked.body));
  assert.equal(asked.body.asked_by, "local");
  await send(`${path}/review`, doubt, key);
  type Decision = { kind: string; prediction: object | null; reviews: { reason: string }[] };
  const { body } = await get<Decision>(path);
  assert.equal(body.kind, "intervention");
  assert.ok(body.prediction);
  assert.deepEqual(
    body.reviews.map(({ reason }) => reason),
    ["Paid already."],
  );
  const unkeyed = await send<{ code: string; cure: string }>(`${path}/review`, { reason: "?" });
  assert.deepEqual([unkeyed.status, unkeyed.body.code], [400, "IDEMPOTENCY_KEY_MISSING"]);
  assert.match(unkeyed.body.cure, /^Send the header Idempotency-Key/);
  assert.equal((await send("/decisions/NONE/review", { reason: "?" }, key)).status, 404);
  assert.equal((await send(`${path}/review`, {}, key)).status, 400);
});

test("given SIGTERM, then it drains and exits 0", async () => {
  const { code } = await line.stop("SIGTERM");
  assert.equal(code, 0, line.err());
  assert.doesNotMatch(line.err(), /\n\s+at /, "no stack trace");
});
