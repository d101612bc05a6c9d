import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { transactionsStream } from "./events/topics.ts";
import { createKey, revokeKey } from "./keys.ts";
import { asyncApiFaults, openApiFaults } from "./test-documents.ts";
import { startFront } from "./test-front.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, config } = await testSpace(postgres.url);

const open = await startFront(config);
const strict = await startFront({ ...config, apiKeysRequired: "yes" });

type Operation = {
  summary?: string;
  parameters: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content: object }>;
  security?: object[];
  "x-roles"?: string[];
};
type OpenApi = { openapi: string; paths: Record<string, Record<string, Operation>> };
const described = async (): Promise<[string, Operation][]> => {
  const text = await (await fetch(`${open}/openapi.json`)).text();
  assert.doesNotMatch(text, /"~/, "what the schema library notes for itself is left out");
  const { openapi, paths } = JSON.parse(text) as OpenApi;
  assert.match(openapi, /^3\.1/);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]): [string, Operation] => [`${method} ${path}`, one]),
  );
};

test("given the API's documents, then they keep the official schemas", async () => {
  const document = async (path: string) => (await fetch(open + path)).json();
  const openApi = (await document("/openapi.json")) as OpenApi;
  assert.deepEqual(openApiFaults(openApi), []);
  assert.notDeepEqual(openApiFaults({ ...openApi, paths: { bad: {} } }), []);
  assert.deepEqual(asyncApiFaults(await document("/asyncapi.json")), []);
});

/** These lead browsers on and are no part of what programs ask. */
const pages = ["get /sign-in", "get /sign-in/oidc"];

/** The routes that the source declares, but for those whose path is put together. */
const declared = (): string[] => {
  const folder = join(import.meta.dirname, "serve", "routes");
  const found = readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), "utf8");
    return [...source.matchAll(/\.(get|post|put|patch|delete)\(\s*"(\/[^"]+)"/g)];
  });
  assert.ok(found.length >= 13, `${found.length} routes were found`);
  return found
    .map(([, method, path]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`)
    .filter((name) => !pages.includes(name));
};

const post = async (base: string, path: string, body: unknown, secret?: string) => {
  const response = await fetch(`${base}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": "once",
      ...(secret && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify(body),
  });
  return { response, body: (await response.json()) as { code: string; cure: string | null } };
};

test("given the API, then every route is described with what it answers", async () => {
  const routes = await described();
  const names = routes.map(([name]) => name);
  const undescribed = declared().filter((name) => !names.includes(name));
  assert.deepEqual(undescribed, []);
  for (const [name, operation] of routes) {
    const { summary, parameters, requestBody, responses, security } = operation;
    assert.ok((summary ?? "").length > 10, name);
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const given = parameters.filter((one) => one.in === "path").map((one) => one.name);
    assert.deepEqual(given, inPath, name);
    assert.ok(Object.keys(responses).length > 0, name);
    if (security) assert.ok("401" in responses && "403" in responses, name);
    for (const [status, { description, content }] of Object.entries(responses)) {
      assert.ok(description, `${name} ${status}`);
      assert.ok(Object.keys(content).length > 0, `${name} ${status}`);
    }
    if (requestBody) assert.ok(Object.keys(requestBody.content).length > 0, name);
  }
});

test("given an unknown or revoked key, then it is refused, also where none is needed", async () => {
  const secret = await createKey(pool, { name: "gone", role: "analyst" });
  await revokeKey(pool, "gone");
  for (const base of [open, strict])
    for (const wrong of [secret, "bw_nobody"]) {
      const { response, body } = await post(base, "/predict", { customer_id: "X" }, wrong);
      assert.deepEqual([response.status, body.code], [401, "KEY_UNKNOWN"]);
    }
  const { body } = await post(open, "/predict", { customer_id: "X" });
  assert.equal(body.code, "POLICY_MISSING", "without a key it gets as far as the policies");
  assert.equal((await fetch(`${strict}/health`)).status, 200, "health is open to all");
  assert.equal((await fetch(`${open}/features`)).status, 200, "a program needs no key here");
});

test("given no broker at the start, then events get 503, and the API lives", async () => {
  const { response, body } = await post(
    open,
    "/events/transactions-stream",
    transactionsStream.example,
  );
  assert.deepEqual([response.status, body.code], [503, "BROKER_AWAY"]);
  assert.equal(response.headers.get("retry-after"), "5");
  assert.equal((await fetch(`${open}/health/live`)).status, 200);
  const secret = await createKey(pool, { name: "decides", role: "analyst" });
  await pool.query("insert into cases (customer_id) values ('X')");
  const decision = { customer_ids: ["X"], decision: "watch", reason_codes: ["other"] };
  const decided = await post(open, "/queue/decide", decision, secret);
  assert.deepEqual([decided.response.status, decided.body.code], [503, "BROKER_AWAY"]);
});
