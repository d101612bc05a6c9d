import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { noteAddress } from "../api-address.ts";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { predictionsStream } from "../events/prediction.ts";
import { commandLine } from "./test-command-line.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, space } = await testSpace(postgres.url);

const predict = (...args: string[]) =>
  commandLine(["predict", ...args], { DATABASE_URL: postgres.url, SPACE: space });

/** What the API is asked, and what it answers. */
const heard: { path?: string; key?: string; once?: unknown; body: Record<string, unknown> }[] = [];
const prediction = { ...predictionsStream.example, what_if: false };
const unknown = { error: "The customer Y is not known.", code: "X", cure: "Send it an event." };
const refused = { error: "The key is not known.", code: "KEY_UNKNOWN", cure: "Give another." };
const api = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk) => (text += chunk));
  request.on("end", () => {
    if (request.method === "GET") return response.end("{}");
    const { authorization: key, "idempotency-key": once } = request.headers;
    const body = JSON.parse(text);
    heard.push({ path: request.url, key, once, body });
    const results = body.customer_ids.map((customer_id: string) =>
      customer_id === "Y"
        ? { customer_id, status: 404, error: unknown }
        : { customer_id, status: 200, prediction },
    );
    return response.end(JSON.stringify(key === "Bearer wrong" ? refused : { results }));
  });
});
await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
after(() => api.close());

test("given no API that answers, then predict says so", async () => {
  const { code, err } = await predict("X");
  assert.equal(code, 1);
  assert.match(err, /No API runs here/);
  await noteAddress(pool, `http://127.0.0.1:${(api.address() as AddressInfo).port}`);
});

test("given customers, then the API is asked with the key, and each answer is said", async () => {
  const { code, out, err } = await predict("X", "--by", "secret");
  assert.deepEqual([code, err], [0, ""]);
  const [first, reason] = out.split("\n");
  const { risk_level, risk_score, top_features } = prediction;
  assert.ok(first.startsWith(`X: ${risk_level}, ${risk_score}, as of 20`), first);
  assert.equal(reason, `  ${top_features[0].reason}`);
  const [{ path, key, once, body }] = heard.splice(0);
  assert.deepEqual([path, key, body], ["/predict", "Bearer secret", { customer_ids: ["X"] }]);
  assert.match(String(once), /^[0-9a-f-]{36}$/);
  const json = await predict("X", "--features", '{"failed_txn_count_30d": null}', "--json");
  assert.deepEqual(JSON.parse(json.out)[0].prediction, prediction);
  const [asked] = heard.splice(0);
  assert.deepEqual(asked.body.features, { failed_txn_count_30d: null });
  assert.equal(asked.key, undefined);
});

test("given one that is refused, then its reason and cure are said beside the others", async () => {
  const { code, out, err } = await predict("Y", "X");
  assert.equal(code, 1);
  assert.match(out, /^X: /);
  assert.equal(err, "Y: The customer Y is not known. Send it an event.\n");
  const wrong = await predict("X", "--by", "wrong");
  assert.deepEqual([wrong.code, wrong.err], [1, "The key is not known. Give another.\n"]);
});

test("given arguments that make no sense, then it is said how predict is used", async () => {
  for (const args of [[], ["X", "--features", "1"], ["X", "--features", "{"], ["X", "--nope"]]) {
    const { code, err } = await predict(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /Such as: predict CUST-/);
  }
});
