import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { createKey } from "./keys.ts";
import { sessionCookieOf } from "./serve/access.ts";
import { permissions, type Role, roles, scopes } from "./serve/permissions.ts";
import { beginSession, sessionOf } from "./serve/sessions.ts";
import { createTopics } from "./space-setup.ts";
import { AdminPort } from "./stream/admin.ts";
import { startFront } from "./test-front.ts";

const servers = await testServers(["kafka", "postgres"]);
const { bootstrap } = servers.kafka;
const { pool, config, space } = await testSpace(servers.postgres.url);
await createTopics(config, bootstrap);
after(async () => {
  const admin = AdminPort.open(bootstrap);
  const names = await admin.topicNames().catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${space}.`))) await admin.remove(name);
  admin.close();
});
const oidc = { oidcIssuer: "http://127.0.0.1:1", oidcClientId: "x", oidcRoles: "a=viewer" };
const open = await startFront({ ...config, ...oidc }, bootstrap);
const strict = await startFront({ ...config, ...oidc, apiKeysRequired: "yes" }, bootstrap);

type Asked = { route: string; base: string; headers?: Record<string, string>; path?: string };
type Told = { status: number; code: string | undefined; headers: Headers };

/** Asks a route of the table; what streams is left as soon as it has begun. */
const ask = async ({ route, base, headers = {}, path }: Asked): Promise<Told> => {
  const [method, pattern] = route.split(" ");
  const leave = new AbortController();
  const withBody = method === "POST" || method === "PUT";
  const response = await fetch(`${base}${path ?? pattern.replace(/:\w+|\*/g, "X")}`, {
    method,
    headers: { ...(withBody && { "content-type": "application/json" }), ...headers },
    body: withBody ? "{}" : undefined,
    redirect: "manual",
    signal: leave.signal,
  });
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const fault = response.status >= 400 && isJson ? await response.json() : {};
  leave.abort();
  return {
    status: response.status,
    code: (fault as { code?: string }).code,
    headers: response.headers,
  };
};

const cookie = async (name: string, role: Role) => {
  const token = await beginSession(pool, { name, role, cameBy: "link" }, 1);
  return { token, headers: { cookie: `${sessionCookieOf(space)}=${token}` } };
};

const routes = Object.entries(permissions);

test("given the table, then each of its lines is a route of the API", async () => {
  const { headers } = await cookie("walker", "admin");
  for (const [route] of routes) {
    const { status, code } = await ask({ route, base: open, headers });
    assert.ok(!(code === "PATH_UNKNOWN" && route !== "GET /console/*"), `${route} is not there`);
    assert.notEqual(status, 405, route);
  }
  assert.ok(routes.length > 50, `${routes.length} routes were looked at`);
});

test("given each role, by key and by session, then a route opens as the table says", async () => {
  const ways = new Map<Role, Record<string, string>[]>();
  for (const role of roles) {
    const key = await createKey(pool, { name: `key-${role}`, role });
    const { headers } = await cookie(`person-${role}`, role);
    ways.set(role, [{ authorization: `Bearer ${key}` }, headers]);
  }
  let asked = 0;
  for (const [route, permission] of routes)
    for (const role of roles)
      for (const headers of ways.get(role) ?? []) {
        // Signing out would end the session that the next ones need.
        if (route === "DELETE /session") continue;
        const may = permission === "open" || role === "admin" || permission.includes(role);
        const { status, code } = await ask({ route, base: strict, headers });
        assert.equal(code !== "KEY_ROLE_WRONG", may, `${route} by ${role}: ${status}`);
        const known = code !== "SIGNED_OUT" && code !== "KEY_UNKNOWN" && code !== "KEY_MISSING";
        assert.ok(known, `${route} by ${role}: ${code}`);
        if (!may) assert.equal(status, 403);
        asked++;
      }
  assert.equal(asked, (routes.length - 1) * roles.length * 2);
});

test("given nobody, then only what is open answers; browsers are never local", async () => {
  let guarded = 0;
  const forged = { cookie: `${sessionCookieOf(space)}=${"A".repeat(43)}` };
  for (const [route, permission] of routes) {
    const bare = await ask({ route, base: strict });
    const browser = await ask({ route, base: open, headers: { "sec-fetch-site": "same-origin" } });
    const false_ = await ask({ route, base: open, headers: forged });
    if (permission === "open") {
      for (const { code } of [bare, browser, false_])
        assert.ok(code !== "SIGNED_OUT" && code !== "KEY_MISSING", `${route}: ${code}`);
      continue;
    }
    guarded++;
    assert.deepEqual([bare.status, bare.code], [401, "KEY_MISSING"], route);
    assert.equal(bare.headers.get("www-authenticate"), "Bearer");
    assert.deepEqual([browser.status, browser.code], [401, "SIGNED_OUT"], route);
    assert.deepEqual([false_.status, false_.code], [401, "SIGNED_OUT"], route);
  }
  assert.ok(guarded > 35, `${guarded} guarded routes were looked at`);
});

test("given an expired or revoked session, then it is refused everywhere", async () => {
  const route = "GET /features";
  const late = await cookie("late", "admin");
  assert.equal((await ask({ route, base: open, headers: late.headers })).status, 200);
  assert.equal((await sessionOf(pool, late.token))?.name, "late");
  await pool.query("update sessions set expires_at = now() where name = 'late'");
  assert.equal((await ask({ route, base: open, headers: late.headers })).code, "SIGNED_OUT");
  assert.equal(await sessionOf(pool, late.token), undefined);
  const gone = await cookie("gone", "viewer");
  const route2 = "DELETE /session";
  assert.equal((await ask({ route: route2, base: open, headers: gone.headers })).status, 200);
  assert.equal((await ask({ route, base: open, headers: gone.headers })).code, "SIGNED_OUT");
  const { rows } = await pool.query("select * from sessions");
  assert.ok(!JSON.stringify(rows).includes(gone.token), "the table holds no token");
});

test("given a page of another site, then it changes nothing, whoever is signed in", async () => {
  const { headers } = await cookie("ada", "admin");
  let asked = 0;
  for (const [route] of routes) {
    if (route.startsWith("GET ")) continue;
    for (const origin of ["https://evil.example", "null", `${open}0`, "http://127.0.0.1:1"]) {
      const { status, code } = await ask({ route, base: open, headers: { ...headers, origin } });
      assert.deepEqual([status, code], [403, "ORIGIN_REFUSED"], `${route} from ${origin}`);
      asked++;
    }
    const own = await ask({ route, base: strict, headers: { origin: strict, cookie: "a=b" } });
    assert.notEqual(own.code, "ORIGIN_REFUSED", route);
  }
  assert.ok(asked > 60, `${asked} requests were refused`);
});

test("given a key with scopes, then it opens the routes of those and no others", async () => {
  for (const names of [["predict"], ["features", "audit"]]) {
    const name = `scoped-${names.join("-")}`;
    const key = await createKey(pool, { name, role: "admin", scopes: names });
    const headers = { authorization: `Bearer ${key}` };
    const mine = names.flatMap((one) => scopes[one]);
    for (const [route, permission] of routes) {
      if (permission === "open") continue;
      const { code } = await ask({ route, base: strict, headers });
      assert.equal(code !== "KEY_SCOPE_WRONG", mine.includes(route), `${route} by ${name}`);
    }
  }
  const lines = Object.values(scopes).flat();
  assert.deepEqual(
    lines.filter((route) => !Object.hasOwn(permissions, route)),
    [],
    "every scope names routes that there are",
  );
});

test("given a public address, then its name and pages are ours, cookies secure", async () => {
  const { hostname, port } = new URL(open);
  const publicUrl = "https://bellwether.bank.example";
  const shown = await startFront({ ...config, publicUrl }, bootstrap);
  const { request } = await import("node:http");
  const asProxy = (host: string, origin?: string) =>
    new Promise<{ status: number; cookie: string }>((resolve, reject) => {
      const headers = { host, ...(origin && { origin }), "sec-fetch-site": "same-origin" };
      const at = new URL("/session", shown);
      request(at, { method: "DELETE", headers }, (answer) => {
        answer.resume();
        const set = answer.headers["set-cookie"]?.[0] ?? "";
        resolve({ status: answer.statusCode ?? 0, cookie: set });
      })
        .on("error", reject)
        .end();
    });
  const { status, cookie: set } = await asProxy("bellwether.bank.example", publicUrl);
  assert.equal(status, 200);
  assert.match(set, /^[a-z_0-9]+=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict; Secure$/);
  assert.equal((await asProxy("bellwether.bank.example", "https://evil.example")).status, 403);
  assert.equal((await asProxy("evil.example", publicUrl)).status, 421);
  assert.equal((await asProxy(`${hostname}:${port}`)).status, 200, "this machine stays allowed");
});

test("given a proxy, then nobody without a key is let in as if they were here", async () => {
  const shown = await startFront({ ...config, publicUrl: "https://b.bank.example" }, bootstrap);
  const key = await createKey(pool, { name: "behind", role: "viewer" });
  const own = { authorization: `Bearer ${key}` };
  const forms: Record<string, string>[] = [
    { "x-forwarded-for": "203.0.113.7" },
    { "x-forwarded-proto": "https" },
    { "x-real-ip": "203.0.113.7" },
    { forwarded: "for=203.0.113.7" },
    { via: "1.1 proxy" },
  ];
  const ways = [{ base: shown, headers: {} }, ...forms.map((headers) => ({ base: open, headers }))];
  let guarded = 0;
  for (const way of ways)
    for (const [route, permission] of routes) {
      const { status, code } = await ask({ route, ...way });
      if (permission === "open") assert.notEqual(code, "KEY_MISSING", route);
      else assert.deepEqual([status, code], [401, "KEY_MISSING"], route);
      if (permission !== "open") guarded++;
    }
  assert.ok(guarded > 200, `${guarded} requests were refused`);
  const route = "GET /features";
  for (const way of ways)
    assert.equal((await ask({ route, ...way, headers: { ...way.headers, ...own } })).status, 200);
  assert.equal((await ask({ route, base: open })).status, 200, "a program here stays local");
});
