import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
// @ts-expect-error: the package brings no types
import { Provider } from "oidc-provider";
import { Registry } from "prom-client";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { sessionCookieOf } from "./access.ts";
import { AccessLog } from "./access-log.ts";
import { openOidc, readRoles } from "./oidc.ts";
import { sessionRoutes } from "./routes/session.ts";
import { signInRoutes } from "./routes/sign-in.ts";
import { serve } from "./server.ts";
import { sessionOf } from "./sessions.ts";
import { SignIn } from "./sign-in.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, config, space } = await testSpace(postgres.url);

/** A real server of OpenID Connect on this machine, which knows a few people. */
const groups: Record<string, string[]> = { ada: ["risk", "staff"], bob: ["canteen"], eve: [] };
let handle: RequestListener = () => {};
const issuing = createServer((request, response) => handle(request, response));
await new Promise<void>((resolve) => issuing.listen(0, "127.0.0.1", resolve));
after(() => {
  issuing.closeAllConnections();
  issuing.close();
});
const issuer = `http://127.0.0.1:${(issuing.address() as AddressInfo).port}`;

const session = sessionCookieOf(space);
const said: string[] = [];
const settings = {
  oidcIssuer: issuer,
  oidcClientId: "bellwether",
  oidcClientSecret: "not-so-secret-on-loopback",
  oidcNameClaim: "preferred_username",
  oidcRoleClaim: "groups",
  oidcRoles: "admins=admin,risk=analyst,staff=viewer",
};
const start = async (more: Partial<typeof settings> = {}) => {
  const log = new AccessLog(async () => {});
  const oidc = openOidc(pool, { ...settings, ...more }, (sentence) => said.push(sentence));
  const simulated = async () => false;
  const { sessionMaxHours, publicUrl } = config;
  const signIn = new SignIn({ pool, log, space, sessionMaxHours, publicUrl, oidc, simulated });
  const serving = await serve({
    config: { port: 0, space },
    pool,
    registry: new Registry(),
    routes: [sessionRoutes(signIn), signInRoutes(signIn)],
    access: {
      required: false,
      space,
      keyOf: async () => undefined,
      sessionOf: (token) => sessionOf(pool, token),
    },
    say: () => {},
  });
  after(() => serving.close());
  return serving.url;
};
const url = await start();
const emails = await start({ oidcNameClaim: "email" });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: settings.oidcClientId,
      client_secret: settings.oidcClientSecret,
      redirect_uris: [url, emails].map((base) => `${base}/sign-in/oidc/callback`),
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  cookies: { keys: ["a key of this test"] },
  pkce: { required: () => true },
  findAccount: (_context: unknown, id: string) => ({
    accountId: id,
    claims: async () => ({
      sub: `id-of-${id}`,
      preferred_username: id,
      groups: groups[id],
      email: `${id}@bank.example`,
      email_verified: id === "ada",
    }),
  }),
});
handle = provider.callback();

/** As a browser does it: follows, and keeps the cookies of each host apart. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>();

  async go(to: string, form?: Record<string, string>): Promise<{ url: URL; response: Response }> {
    const at = new URL(to);
    const jar = this.#jars.get(at.host) ?? new Map<string, string>();
    this.#jars.set(at.host, jar);
    const response = await fetch(at, {
      method: form ? "POST" : "GET",
      body: form && new URLSearchParams(form),
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      redirect: "manual",
    });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split(/=(.*)/s);
      jar.set(name, value);
    }
    const next = response.headers.get("location");
    if (next === null) return { url: at, response };
    const target = new URL(next, at);
    // The console's pages are not served here: they are where this ends.
    return target.pathname.startsWith("/console/")
      ? { url: target, response }
      : this.go(target.href);
  }

  cookie(of: string, name: string): string | undefined {
    return this.#jars.get(new URL(of).host)?.get(name);
  }

  /** Signs in at the other server: a name, then consent, where it asks. */
  async signIn(name: string, from: string): Promise<URL> {
    let { url: at, response } = await this.go(from);
    for (const prompt of ["login", "consent"]) {
      if (!at.pathname.startsWith("/interaction/")) break;
      await response.text();
      ({ url: at, response } = await this.go(at.href, { prompt, login: name, password: "any" }));
    }
    return at;
  }
}

const whoIs = async (browser: Browser, base = url) => {
  const token = browser.cookie(base, session);
  const headers = { cookie: `${session}=${token}` };
  const response = await fetch(`${base}/session`, { headers });
  return (await response.json()) as { name?: string; role?: string; code?: string };
};

test("given somebody whom the other server knows, then they get the mapped role", async () => {
  const browser = new Browser();
  const to = "/console/queue?band=HIGH";
  const end = await browser.signIn("ada", `${url}/sign-in/oidc?to=${encodeURIComponent(to)}`);
  assert.equal(`${end.pathname}${end.search}`, to, "and at the screen that was asked for");
  const { name, role } = await whoIs(browser);
  assert.deepEqual([name, role], ["ada", "analyst"]);
  const { rows } = await pool.query("select came_by from sessions where name = 'ada'");
  assert.deepEqual(rows, [{ came_by: "oidc" }]);
  assert.equal((await pool.query("select from sign_in_trips")).rowCount, 0, "a trip ends once");
});

test("given somebody without a mapped role, or without a name, then they stay out", async () => {
  for (const name of ["bob", "eve"]) {
    const browser = new Browser();
    const end = await browser.signIn(name, `${url}/sign-in/oidc`);
    assert.equal(end.search, "?fault=oidc-no-role");
    assert.equal(browser.cookie(url, session), undefined);
  }
  const browser = new Browser();
  groups.bob = ["risk"];
  const end = await browser.signIn("bob", `${emails}/sign-in/oidc`);
  assert.equal(end.search, "?fault=oidc-no-name", "an address that nobody confirmed is no name");
});

test("given an answer that this browser did not ask for, then nobody comes in", async () => {
  const victim = new Browser();
  const stranger = await victim.go(`${url}/sign-in/oidc/callback?code=stolen&state=x`);
  assert.equal(stranger.url.search, "?fault=oidc-late");
  const attacker = new Browser();
  const { url: asked } = await attacker.go(`${url}/sign-in/oidc`);
  assert.match(asked.pathname, /^\/interaction\//);
  const wrong = await attacker.go(`${url}/sign-in/oidc/callback?code=stolen&state=forged`);
  assert.equal(wrong.url.search, "?fault=oidc-refused");
  assert.equal(attacker.cookie(url, session), undefined);
  assert.ok(said.some((sentence) => sentence.startsWith("Somebody could not be signed in")));
  assert.ok(!said.join().includes("stolen"), "a code is never logged");
});

test("given a place to return to that is not ours, then one lands in the console", async () => {
  for (const to of ["https://evil.example/", "//evil.example", "/console/../\\evil", "/sign-in"]) {
    const browser = new Browser();
    const end = await browser.signIn("ada", `${url}/sign-in/oidc?to=${encodeURIComponent(to)}`);
    assert.equal(end.href, `${url}/console/`, to);
  }
});

test("given a server that does not answer, then the page says that something is away", async () => {
  const nowhere = await start({ oidcIssuer: "http://127.0.0.1:1" });
  const { url: end } = await new Browser().go(`${nowhere}/sign-in/oidc`);
  assert.equal(end.search, "?fault=away");
});

test("given settings that cannot be, then they are refused with the cure", () => {
  assert.throws(() => readRoles("risk=king"), /OIDC_ROLES has "risk=king"/);
  assert.deepEqual(readRoles("a=b=lead, it = engineer"), [
    ["a=b", "lead"],
    ["it", "engineer"],
  ]);
  const alone = { ...settings, oidcRoles: undefined };
  assert.throws(() => openOidc(pool, alone, () => {}), /OIDC_ISSUER is set alone/);
});
