import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { Failure } from "./errors.ts";
import { createKey, keyOf, listKeys, revokeKey } from "./keys.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);

const refused = (mentions: string) => (thrown: unknown) =>
  thrown instanceof Failure &&
  thrown.code === "ARGUMENT_WRONG" &&
  thrown.message.includes(mentions);

test("given a key, then its holder is known until it is revoked", async () => {
  const secret = await createKey(pool, { name: "ada", role: "lead" });
  assert.deepEqual(await keyOf(pool, secret), { name: "ada", role: "lead" });
  assert.equal(
    await keyOf(pool, `${secret.slice(0, -1)}${secret.endsWith("A") ? "E" : "A"}`),
    undefined,
  );
  assert.equal(await keyOf(pool, ""), undefined);
  await revokeKey(pool, "ada");
  assert.equal(await keyOf(pool, secret), undefined);
  await assert.rejects(revokeKey(pool, "ada"), refused("in use"));
});

test("given keys, then the table holds no secret and names are given once", async () => {
  const secret = await createKey(pool, { name: "grace", role: "admin" });
  const { rows } = await pool.query("select * from api_keys where name = 'grace'");
  assert.ok(!JSON.stringify(rows).includes(secret.slice(3)));
  await assert.rejects(createKey(pool, { name: "grace", role: "admin" }), refused("or was one"));
  await assert.rejects(createKey(pool, { name: "ada", role: "lead" }), refused("or was one"));
  const names = (await listKeys(pool)).map(({ name, revokedAt }) => [name, revokedAt === null]);
  assert.deepEqual(names, [
    ["ada", false],
    ["grace", true],
  ]);
});

test("given a key with scopes, then it bears them, and only those that there are", async () => {
  const scopes = ["predict", "events"];
  const secret = await createKey(pool, { name: "feed", role: "engineer", scopes });
  assert.deepEqual(await keyOf(pool, secret), { name: "feed", role: "engineer", scopes });
  const wrong = { name: "feed2", role: "engineer", scopes: ["predict", "all"] };
  await assert.rejects(createKey(pool, wrong), refused('no scope "all"'));
});

test("given a role or a name that cannot be, then it is refused with the cure", async () => {
  await assert.rejects(createKey(pool, { name: "x", role: "king" }), refused("viewer, analyst"));
  await assert.rejects(createKey(pool, { name: "X Y", role: "lead" }), refused("lower-case"));
});
