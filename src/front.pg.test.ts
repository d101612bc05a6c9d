import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { App } from "./app.ts";
import { ownPart } from "./architecture.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { transactionsStream } from "./events/topics.ts";
import { answer } from "./front.ts";
import { createKey, revokeKey } from "./keys.ts";
import { topologyIn } from "./map.ts";
import { modelShelf } from "./models.ts";
import { roles } from "./serve/permissions.ts";
import { groupsOf } from "./space-setup.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, config } = await testSpace(postgres.url);

/** The whole API as the role runs it; Kafka and Redis are not there. */
const start = async (apiKeysRequired: "yes" | "no"): Promise<string> => {
  const nowhere = { redisHost: "127.0.0.1", redisPort: 1, port: 0 };
  const stop = new AbortController();
  const url = Promise.withResolvers<string>();
  const say = (sentence: string) => {
    const found = /http:\S+/.exec(sentence);
    if (found) url.resolve(found[0]);
  };
  const app = {
    config: { ...config, ...nowhere, apiKeysRequired },
    bootstrap: "127.0.0.1:1",
    say,
    figures: {},
    everything: () => ({ processors: {}, sinks: {}, notified: {} }),
    topology: () => topologyIn(config),
    groups: () => groupsOf(config),
    own: () => ownPart(config),
  } as unknown as App;
  const shelf = modelShelf([]);
  const [part] = answer({ app, shelf });
  const run = part.run(stop.signal);
  after(async () => {
    stop.abort();
    await run;
  });
  return url.promise;
};
const [open, strict] = [await start("no"), await start("yes")];

type Operation = {
  summary?: string;
  parameters: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content: object }>;
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

/** The routes that the source declares, but for those whose path is put together. */
const declared = (): string[] => {
  const folder = join(import.meta.dirname, "serve", "routes");
  const found = readdirSync(folder).flatMap((file) => {
    const source = readFileSync(join(folder, file), "utf8");
    return [...source.matchAll(/\.(get|post|put|patch|delete)\(\s*"(\/[^"]+)"/g)];
  });
  assert.ok(found.length >= 13, `${found.length} routes were found`);
  return found.map(([, method, path]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
};

const post = async (base: string, path: string, body: unknown, secret?: string) => {
  const response = await fetch(`${base}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
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
  for (const [name, { summary, parameters, requestBody, responses }] of routes) {
    assert.ok((summary ?? "").length > 10, name);
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const given = parameters.filter((one) => one.in === "path").map((one) => one.name);
    assert.deepEqual(given, inPath, name);
    assert.ok(Object.keys(responses).length > 0, name);
    for (const [status, { description, content }] of Object.entries(responses)) {
      assert.ok(description, `${name} ${status}`);
      assert.ok(Object.keys(content).length > 0, `${name} ${status}`);
    }
    if (requestBody) assert.ok(Object.keys(requestBody.content).length > 0, name);
  }
});

test("given each role, then a route opens to those that it names, and to admins", async () => {
  const secrets = new Map<string, string>();
  for (const role of roles) secrets.set(role, await createKey(pool, { name: role, role }));
  const guarded = (await described()).filter(([, route]) => route["x-roles"]);
  assert.ok(guarded.length >= 4);
  for (const [name, { "x-roles": allowed = [] }] of guarded) {
    const [method, pattern] = name.split(" ");
    const path = pattern.replace(/\{\w+\}/g, "X");
    const call = async (secret?: string) => {
      if (method === "post") return (await post(strict, path, {}, secret)).response;
      const headers = { ...(secret && { authorization: `Bearer ${secret}` }) };
      return fetch(`${strict}${path}`, { headers });
    };
    const without = await call();
    assert.equal(without.status, 401, name);
    assert.equal(without.headers.get("www-authenticate"), "Bearer");
    for (const role of roles) {
      const { status } = await call(secrets.get(role));
      const may = role === "admin" || allowed.includes(role);
      assert.equal(status !== 403, may, `${name} by ${role}`);
    }
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
  assert.equal((await fetch(`${strict}/health`)).status, 503, "health is open to all");
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
});
