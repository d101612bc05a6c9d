import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { type AccessEvent, accessLog } from "./events/access.ts";
import { customerUpdates } from "./events/topics.ts";
import { createKey } from "./keys.ts";
import { openPeople } from "./people.ts";
import type { Role } from "./serve/permissions.ts";
import { serve } from "./serve/server.ts";
import { makeLink } from "./serve/sign-in-links.ts";
import { changePassword, createUser, disableUser } from "./serve/users.ts";
import { sinkTables } from "./sink/postgres/tables.ts";
import { AdminPort } from "./stream/admin.ts";
import { restore } from "./stream/restore.ts";
import { inSpace } from "./stream/space.ts";

const servers = await testServers(["kafka", "postgres"]);
const { bootstrap } = servers.kafka;
const { pool, config, space } = await testSpace(servers.postgres.url);
const topic = inSpace(space, accessLog.name);
const admin = AdminPort.open(bootstrap);
await admin.create(topic, accessLog, 1);
after(async () => {
  await admin.remove(topic).catch(() => {});
  admin.close();
});

const start = async (kafka = bootstrap) => {
  const people = openPeople({ config, bootstrap: kafka, pool, say: () => {} });
  const { access, routes } = people;
  const registry = new Registry();
  const options = { config: { port: 0, space }, pool, registry, routes, access, say: () => {} };
  const serving = await serve(options);
  after(async () => {
    await serving.close();
    await people.close();
  });
  return serving.url;
};
const url = await start();

type Answer = { status: number; body: Record<string, unknown>; headers: Headers };
type More = { method?: string; body?: unknown; cookie?: string; key?: string; base?: string };
const ask = async (path: string, more: More = {}): Promise<Answer> => {
  const { method = "GET", body, cookie, key, base = url } = more;
  const response = await fetch(`${base}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(cookie && { cookie }),
      ...(key && { authorization: `Bearer ${key}` }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    body: isJson && text !== "" ? JSON.parse(text) : {},
    headers: response.headers,
  };
};

const cookieIn = ({ headers }: Answer): string => headers.get("set-cookie")?.split(";")[0] ?? "";
const signedIn = async (name: string, role: Role): Promise<string> =>
  cookieIn(await ask(`/sign-in?code=${await makeLink(pool, { name, role })}`));

/** What topic access-log holds by now. */
const recorded = async (): Promise<AccessEvent[]> => {
  const found: AccessEvent[] = [];
  const apply = ({ value }: { value: Buffer | null }) => {
    if (value) found.push(accessLog.read(value));
  };
  const parts = Array.from({ length: accessLog.partitions }, (_, partition) => ({
    topic,
    partition,
    apply,
  }));
  await restore({ bootstrap, admin, parts });
  return found;
};
/** Waits until a record says so; those of coming and going follow in their own time. */
const eventually = async (is: (one: AccessEvent) => boolean): Promise<AccessEvent> => {
  for (;;) {
    const found = (await recorded()).find(is);
    if (found) return found;
  }
};

const password = "correct horse battery staple";

test("given the right password, then a session begins that scripts cannot read", async () => {
  await createUser(pool, { name: "maria", role: "analyst", password });
  const come = await ask("/session", { method: "POST", body: { name: "maria", password } });
  assert.equal(come.status, 200);
  const set = come.headers.get("set-cookie") ?? "";
  const shape =
    /^bellwether_session_test\w+=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/;
  assert.match(set, shape);
  const { body } = await ask("/session", { cookie: cookieIn(come) });
  assert.deepEqual([body.name, body.role, body.space], ["maria", "analyst", space]);
  assert.ok((body.may as string[]).includes("POST /predict"));
  assert.ok(!(body.may as string[]).includes("GET /access-log"));
  const event = await eventually(({ actor }) => actor === "maria");
  assert.deepEqual([event.what, event.detail], ["signed_in", "with a password"]);
  const { rows } = await pool.query("select password from users");
  assert.match(rows[0].password, /^scrypt\$32768\$8\$3\$/);
});

test("given wrong passwords, then all are refused alike, and five make wait", async () => {
  await createUser(pool, { name: "grace", role: "lead", password });
  const tryAs = (name: string, secret: string) =>
    ask("/session", { method: "POST", body: { name, password: secret } });
  const nobody = await tryAs("nobody", password);
  const wrong = await tryAs("grace", `${password}!`);
  assert.deepEqual([nobody.status, nobody.body], [wrong.status, wrong.body]);
  assert.deepEqual([wrong.status, wrong.body.code], [401, "SIGN_IN_WRONG"]);
  const more = await Promise.all([1, 2, 3, 4, 5, 6].map(() => tryAs("grace", "no such password")));
  const codes = more.map(({ body }) => body.code).sort();
  const waits = ["SIGN_IN_WAIT", "SIGN_IN_WAIT"];
  assert.deepEqual(codes.slice(0, 2), waits, "tries at once gain nothing");
  const right = await tryAs("grace", password);
  assert.deepEqual([right.status, right.body.code], [429, "SIGN_IN_WAIT"]);
  assert.match(String(right.body.error), /the next one counts in \d+ s/);
  assert.notEqual(await signedIn("grace", "lead"), "", "a link still signs in");
  await eventually(({ actor, what }) => actor === "grace" && what === "sign_in_failed");
  const all = JSON.stringify(await recorded());
  assert.ok(!all.includes("nobody") && !all.includes("no such password"), "nothing typed is kept");
});

test("given a user who is disabled or has a new password, then every session ends", async () => {
  await createUser(pool, { name: "paul", role: "viewer", password });
  const body = { name: "paul", password };
  const first = cookieIn(await ask("/session", { method: "POST", body }));
  await changePassword(pool, "paul", `${password} 2`);
  assert.equal((await ask("/session", { cookie: first })).body.code, "SIGNED_OUT");
  const anew = { ...body, password: `${password} 2` };
  const second = cookieIn(await ask("/session", { method: "POST", body: anew }));
  assert.equal((await ask("/session", { cookie: second })).status, 200);
  await disableUser(pool, "paul");
  assert.equal((await ask("/session", { cookie: second })).body.code, "SIGNED_OUT");
  const again = await ask("/session", { method: "POST", body: anew });
  assert.equal(again.body.code, "SIGN_IN_WRONG");
});

test("given a browser that is signed in, when anew, then its last session ends", async () => {
  const first = await signedIn("anna", "viewer");
  const code = await makeLink(pool, { name: "otto", role: "lead" });
  const second = cookieIn(await ask(`/sign-in?code=${code}`, { cookie: first }));
  assert.equal((await ask("/session", { cookie: first })).body.code, "SIGNED_OUT");
  assert.equal((await ask("/session", { cookie: second })).body.name, "otto");
});

test("given a link, then it signs in once, not when it is old, and says why not", async () => {
  const code = await makeLink(pool, { name: "ada", role: "auditor" });
  assert.equal((await ask(`/sign-in?code=${code}`, { method: "HEAD" })).status, 405);
  const first = await ask(`/sign-in?code=${code}`);
  assert.deepEqual([first.status, first.headers.get("location")], [302, "/console/"]);
  assert.equal((await ask("/session", { cookie: cookieIn(first) })).body.role, "auditor");
  const leads = async (path: string) => {
    const { headers } = await ask(path);
    assert.equal(headers.get("set-cookie"), null);
    return headers.get("location");
  };
  assert.equal(await leads(`/sign-in?code=${code}`), "/console/sign-in?fault=link-used");
  const old = await makeLink(pool, { name: "ada", role: "auditor" });
  await pool.query("update sign_in_links set expires_at = now() where used_at is null");
  assert.equal(await leads(`/sign-in?code=${old}`), "/console/sign-in?fault=link-expired");
  for (const forged of ["", "x", "A".repeat(43)])
    assert.equal(await leads(`/sign-in?code=${forged}`), "/console/sign-in?fault=link-unknown");
  const rows = JSON.stringify((await pool.query("select * from sign_in_links")).rows);
  assert.ok(!rows.includes(code) && !rows.includes(old), "the table holds no code");
});

test("given two people, then each ends their own sessions, and an admin anybody's", async () => {
  const mine = await signedIn("lea", "viewer");
  const other = await signedIn("vic", "viewer");
  const boss = await signedIn("root", "admin");
  const list = async (cookie: string) =>
    (await ask("/sessions", { cookie })).body.sessions as { id: string; name: string; own: true }[];
  assert.deepEqual(
    (await list(mine)).map(({ name, own }) => [name, own]),
    [["lea", true]],
  );
  const everybody = await list(boss);
  const [vics] = everybody.filter(({ name }) => name === "vic");
  const end = (id: string, cookie: string) => ask(`/sessions/${id}`, { method: "DELETE", cookie });
  assert.equal((await end(vics.id, mine)).body.code, "SESSION_UNKNOWN");
  assert.equal((await ask("/session", { cookie: other })).status, 200);
  assert.equal((await end(vics.id, boss)).status, 200);
  assert.equal((await ask("/session", { cookie: other })).body.code, "SIGNED_OUT");
  const [own] = await list(mine);
  assert.equal((await end(own.id, mine)).status, 200);
  assert.equal((await ask("/session", { cookie: mine })).body.code, "SIGNED_OUT");
  await eventually(({ actor, detail }) => actor === "root" && detail === "of vic");
});

const profile = { ...customerUpdates.example, name: "Canary Name", phone: "+420111222333" };
const reason = "The customer asked to be called back";
await pool.query(
  `insert into customers (customer_id, version, statuses, profile, updated_at)
   values ('CUST-A', 1, '[]', $1, now())`,
  [profile],
);

test("given a reason, then personal fields are shown once that is recorded", async () => {
  const cookie = await signedIn("sofia", "analyst");
  const body = { reason: `  ${reason} `, fields: ["name", "accounts.*.account_id"] };
  const asked = { method: "POST", cookie, body };
  const { status, body: shown, headers } = await ask("/customers/CUST-A/unmask", asked);
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.deepEqual(shown.fields, { name: "Canary Name", "accounts.*.account_id": ["ACC-001"] });
  const event = (await recorded()).find(({ access_id }) => access_id === shown.recorded_as);
  const { actor, role, what, customer_id, fields } = event ?? ({} as AccessEvent);
  assert.deepEqual([actor, role, what, customer_id], ["sofia", "analyst", "unmasked", "CUST-A"]);
  assert.deepEqual([fields, event?.reason], [body.fields, reason]);
  const all = await ask("/customers/CUST-A/unmask", { ...asked, body: { reason } });
  assert.equal((all.body.fields as Record<string, unknown>).phone, "+420111222333");
  const kept = JSON.stringify(await recorded());
  assert.ok(!kept.includes("Canary") && !kept.includes("420111"), "no value is recorded");
});

test("given no reason, no person, no role or no record, then nothing is shown", async () => {
  const path = "/customers/CUST-A/unmask";
  const method = "POST";
  const cookie = await signedIn("sofia", "analyst");
  const refusals: [string, Answer][] = [];
  for (const wrong of ["", "because", "          ", `x${" ".repeat(20)}y`.slice(0, 9)])
    refusals.push(["REQUEST_WRONG", await ask(path, { method, cookie, body: { reason: wrong } })]);
  const odd = { reason, fields: ["obligations"] };
  refusals.push(["REQUEST_WRONG", await ask(path, { method, cookie, body: odd })]);
  refusals.push(["KEY_MISSING", await ask(path, { method, body: { reason } })]);
  const viewer = await signedIn("vera", "viewer");
  refusals.push(["KEY_ROLE_WRONG", await ask(path, { method, cookie: viewer, body: { reason } })]);
  const nobody = await ask("/customers/CUST-Z/unmask", { method, cookie, body: { reason } });
  refusals.push(["CUSTOMER_UNKNOWN", nobody]);
  const away = await start("127.0.0.1:1");
  const unrecorded = await ask(path, { method, cookie, body: { reason }, base: away });
  refusals.push(["UNRECORDED", unrecorded]);
  assert.equal(unrecorded.status, 503);
  for (const [code, { body, status }] of refusals) {
    assert.equal(body.code, code);
    assert.ok(status >= 400 && !JSON.stringify(body).includes("Canary"), code);
  }
  const refused = await eventually(({ what, actor }) => what === "refused" && actor === "vera");
  assert.equal(refused.detail, "POST /customers/:id/unmask");
});

test("given entries in the log, then auditors read them page by page, and filter", async () => {
  const [{ tables }] = sinkTables("EUR").filter(({ name }) => name === "read-model-sink");
  const [sink] = tables.filter(({ name }) => name === "access_log");
  const row = sink.from[0].row as unknown as (value: AccessEvent) => Record<string, unknown>;
  for (const n of [1, 2, 3, 4, 5]) {
    const timestamp = `2024-01-15T10:30:0${Math.min(n, 4)}Z`;
    const event = { ...accessLog.example, access_id: `id-${n}`, actor: `p${n % 2}`, timestamp };
    const cells = Object.entries(row(event));
    const places = cells.map((_, at) => `$${at + 1}`).join(", ");
    const values = cells.map(([name, cell]) => (name === "fields" ? JSON.stringify(cell) : cell));
    const columns = cells.map(([name]) => name).join(", ");
    await pool.query(`insert into access_log (${columns}) values (${places})`, values);
  }
  const key = await createKey(pool, { name: "auditor", role: "auditor" });
  const page = async (query: string) => {
    const { body } = await ask(`/access-log?${query}`, { key });
    const entries = body.entries as AccessEvent[];
    return { ids: entries.map(({ access_id }) => access_id), next: body.next, entries };
  };
  const first = await page("limit=2");
  assert.deepEqual([first.ids, first.next], [["id-5", "id-4"], "id-4"]);
  assert.deepEqual(first.entries[0].fields, ["name", "phone"]);
  const second = await page("limit=2&before=id-4");
  assert.deepEqual([second.ids, second.next], [["id-3", "id-2"], "id-2"]);
  assert.deepEqual((await page("limit=2&before=id-2")).next, null);
  assert.deepEqual((await page("actor=p0&customer_id=CUST-001")).ids, ["id-4", "id-2"]);
  assert.deepEqual((await page("what=refused")).ids, []);
  const lead = await createKey(pool, { name: "lead", role: "lead" });
  assert.equal((await ask("/access-log", { key: lead })).body.code, "KEY_ROLE_WRONG");
});
