import type pg from "pg";
import type { Config } from "../config.ts";
import { failure, sentenceOf } from "../errors.ts";
import type { Caller } from "./access.ts";
import { type Role, roles } from "./permissions.ts";
import { hashed, isSecret, newSecret } from "./sessions.ts";

/**
 * Signing in by another server (OpenID Connect): the authorization code flow with PKCE, state and
 * nonce. What has to be remembered until the person comes back lies in a table under the hash of a
 * cookie, so that any of several APIs can finish it, and no other browser.
 */
export type OidcSettings = Pick<
  Config,
  "oidcIssuer" | "oidcClientId" | "oidcClientSecret" | "oidcNameClaim" | "oidcRoleClaim"
> & { oidcRoles: string | undefined };

/** Why somebody who comes back is not let in. */
export type TripFault = "oidc-refused" | "oidc-no-role" | "oidc-no-name" | "oidc-late";

const tripMaxMinutes = 10;
const requestMaxS = 10;
const own = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** `group=role` pairs, the first that fits counts. Throws ARGUMENT_WRONG. */
export const readRoles = (text: string): [string, Role][] =>
  text.split(",").map((pair) => {
    const at = pair.lastIndexOf("=");
    const role = roles.find((known) => known === pair.slice(at + 1).trim());
    const group = pair.slice(0, at).trim();
    if (at > 0 && role !== undefined && group !== "") return [group, role];
    throw failure(
      "ARGUMENT_WRONG",
      `OIDC_ROLES has "${pair.trim()}"`,
      `Give value=role, several parted by commas; roles are ${roles.join(", ")}.`,
    );
  });

type Claims = Readonly<Record<string, unknown>>;

const roleIn = (claims: Claims, claim: string, map: readonly [string, Role][]) => {
  const given = new Set([claims[claim]].flat().map(String));
  return map.find(([group]) => given.has(group))?.[1];
};

/** The name that records will bear. An address that nobody has confirmed is nobody's. */
const nameIn = (claims: Claims, claim: string): string | undefined => {
  const name = claims[claim];
  if (typeof name !== "string" || !/^[^\s\p{Cc}]{1,100}$/u.test(name)) return undefined;
  return claim === "email" && claims.email_verified !== true ? undefined : name;
};

/** The package is loaded by the first who needs it. */
const discover = async ({ oidcIssuer, oidcClientId, oidcClientSecret }: OidcSettings) => {
  const client = await import("openid-client");
  const issuer = new URL(oidcIssuer ?? "");
  const execute = own.has(issuer.hostname) ? [client.allowInsecureRequests] : [];
  const options = { execute, timeout: requestMaxS };
  const found = await client.discovery(
    issuer,
    oidcClientId ?? "",
    oidcClientSecret,
    undefined,
    options,
  );
  return { client, found };
};

export type Oidc = {
  /** Where to send the browser, and the cookie's value with which it comes back. */
  leave: (redirectUri: string, backTo: string) => Promise<{ url: string; trip: string }>;
  /** Who came back, and to which screen. */
  comeBack: (
    url: URL,
    trip: string | undefined,
  ) => Promise<{ person: Caller; backTo: string } | TripFault>;
};

/** Signs people in by the server that the settings name; undefined where they name none. */
export const openOidc = (
  pool: pg.Pool,
  settings: OidcSettings,
  say: (sentence: string) => void,
): Oidc | undefined => {
  if (settings.oidcIssuer === undefined) return undefined;
  const { oidcClientId, oidcRoles, oidcRoleClaim, oidcNameClaim } = settings;
  if (oidcClientId === undefined || oidcRoles === undefined)
    throw failure("ARGUMENT_WRONG", "OIDC_ISSUER is set alone", "Set OIDC_CLIENT_ID, OIDC_ROLES.");
  const map = readRoles(oidcRoles);
  let known: ReturnType<typeof discover> | undefined;
  const issuer = () => {
    known ??= discover(settings).catch((thrown) => {
      known = undefined;
      say(`The server of OIDC_ISSUER cannot be asked: ${sentenceOf(thrown)}`);
      throw failure("SIGN_IN_ELSEWHERE_AWAY");
    });
    return known;
  };

  const leave: Oidc["leave"] = async (redirectUri, backTo) => {
    const { client, found } = await issuer();
    const [trip, verifier] = [newSecret(), client.randomPKCECodeVerifier()];
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    await pool.query("delete from sign_in_trips where expires_at < now()");
    await pool.query(
      `insert into sign_in_trips (hash, state, nonce, verifier, back_to, expires_at)
       values ($1, $2, $3, $4, $5, now() + make_interval(mins => $6))`,
      [hashed(trip), state, nonce, verifier, backTo, tripMaxMinutes],
    );
    const url = client.buildAuthorizationUrl(found, {
      redirect_uri: redirectUri,
      scope: "openid profile email",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    return { url: url.href, trip };
  };

  const comeBack: Oidc["comeBack"] = async (url, trip) => {
    const kept = trip === undefined ? undefined : await takeTrip(pool, trip);
    if (kept === undefined) return "oidc-late";
    const { client, found } = await issuer();
    let claims: Claims | undefined;
    try {
      const tokens = await client.authorizationCodeGrant(found, url, {
        pkceCodeVerifier: kept.verifier,
        expectedState: kept.state,
        expectedNonce: kept.nonce,
        idTokenExpected: true,
      });
      claims = tokens.claims();
      // Some servers say the rest only when they are asked for it.
      if (claims && !(oidcNameClaim in claims && oidcRoleClaim in claims))
        claims = {
          ...claims,
          ...(await client.fetchUserInfo(found, tokens.access_token, String(claims.sub))),
        };
    } catch (thrown) {
      say(`Somebody could not be signed in by OIDC: ${sentenceOf(thrown)}`);
    }
    if (claims === undefined) return "oidc-refused";
    const name = nameIn(claims, oidcNameClaim);
    if (name === undefined) return "oidc-no-name";
    const role = roleIn(claims, oidcRoleClaim, map);
    return role ? { person: { name, role }, backTo: kept.back_to } : "oidc-no-role";
  };
  return { leave, comeBack };
};

type Trip = { state: string; nonce: string; verifier: string; back_to: string };

/** A trip comes to its end once. */
const takeTrip = async (pool: pg.Pool, trip: string): Promise<Trip | undefined> => {
  if (!isSecret(trip)) return undefined;
  const { rows } = await pool.query<Trip & { late: boolean }>(
    `delete from sign_in_trips where hash = $1
     returning state, nonce, verifier, back_to, expires_at < now() as late`,
    [hashed(trip)],
  );
  return rows[0]?.late === false ? rows[0] : undefined;
};
