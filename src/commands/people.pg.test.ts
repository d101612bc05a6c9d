import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { noteAddress } from "../api-address.ts";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { keyOf } from "../keys.ts";
import { takeLink } from "../serve/sign-in-links.ts";
import { userOf } from "../serve/users.ts";
import { commandLine } from "./test-command-line.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, space } = await testSpace(postgres.url);

const bellwether = (args: string[], input = "") =>
  commandLine(args, { DATABASE_URL: postgres.url, SPACE: space }, input);

const password = "a password of some length";

test("given a password by a pipe, or none, then a user can sign in with it", async () => {
  const made = ["users", "create", "--role", "lead", "--name"];
  const piped = await bellwether([...made, "ada"], `${password}\n`);
  assert.deepEqual([piped.code, piped.out], [0, ""]);
  assert.ok(!piped.err.includes(password));
  assert.deepEqual(await userOf(pool, "ada", password), { name: "ada", role: "lead" });
  for (const [name, ...more] of [["bob"], ["eve", "--generate"]]) {
    const { code, out, err } = await bellwether([...made, name, ...more]);
    assert.equal(code, 0);
    assert.match(err, /shown this once only/);
    assert.deepEqual(await userOf(pool, name, out.trim()), { name, role: "lead" });
  }
  const json = await bellwether(["users", "list", "--json"]);
  const names = (JSON.parse(json.out) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ["ada", "bob", "eve"]);
  assert.ok(!json.out.includes("scrypt"), "no hash is shown");
});

test("given a user who is disabled or renewed, then the old password is no use", async () => {
  assert.equal((await bellwether(["users", "disable", "ada"])).code, 0);
  assert.equal(await userOf(pool, "ada", password), undefined);
  const anew = await bellwether(["users", "password", "ada", "--generate"]);
  assert.deepEqual(await userOf(pool, "ada", anew.out.trim()), { name: "ada", role: "lead" });
});

test("given what cannot be, then users says why and what to do", async () => {
  const wrong: [string[], string, RegExp][] = [
    [["create", "--name", "X Y", "--role", "lead"], password, /is no name for a user/],
    [["create", "--name", "carl", "--role", "king"], password, /There is no role "king"/],
    [["create", "--name", "carl", "--role", "lead"], "short\n", /12 to 200 characters/],
    [["create", "--name", "ada", "--role", "lead"], password, /There is a user named "ada"/],
    [["create", "--name", "carl"], password, /needs --role/],
    [["disable", "nobody"], "", /There is no user "nobody"/],
    [["create"], "", /users needs create/],
  ];
  for (const [args, input, says] of wrong) {
    const { code, err } = await bellwether(["users", ...args], input);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, says);
  }
});

test("given an API that answers, then sign-in prints a link that works once", async () => {
  const without = await bellwether(["sign-in"]);
  assert.match(without.err, /No API runs here/);
  assert.equal(without.code, 1);
  const api = createServer((_request, response) => response.end("{}"));
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  after(() => api.close());
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  await noteAddress(pool, "http://127.0.0.1:1");
  assert.match((await bellwether(["sign-in"])).err, /No API runs here/, "it has stopped");
  await noteAddress(pool, url);
  const printed = await bellwether(["sign-in", "--name", "maria", "--role", "analyst", "--json"]);
  const link = JSON.parse(printed.out) as { url: string; name: string };
  assert.ok(link.url.startsWith(`${url}/sign-in?code=`));
  const code = new URL(link.url).searchParams.get("code") ?? "";
  assert.deepEqual(await takeLink(pool, code), { name: "maria", role: "analyst" });
  assert.equal(await takeLink(pool, code), "link-used");
  assert.match((await bellwether(["sign-in", "--role", "king"])).err, /There is no role "king"/);
});

test("given scopes, then keys makes a key for those alone, and lists them", async () => {
  const made = ["keys", "create", "--name", "feed", "--role", "engineer"];
  const { out } = await bellwether([...made, "--scopes", "events, predict"]);
  const holder = { name: "feed", role: "engineer", scopes: ["events", "predict"] };
  assert.deepEqual(await keyOf(pool, out.trim()), holder);
  assert.match((await bellwether(["keys", "list"])).out, /feed +engineer +events, predict/);
  const other = await bellwether([
    "keys",
    "create",
    "--name",
    "x",
    "--role",
    "lead",
    "--scopes",
    "all",
  ]);
  assert.match(other.err, /There is no scope "all"/);
});
