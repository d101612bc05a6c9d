import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import { isInScope, permissionOf, type Role, routeName } from "./permissions.ts";
import type { Api } from "./route.ts";

/** Whoever calls, as records name them. */
export type Caller = {
  readonly name: string;
  readonly role: Role;
  /** Of a key: the groups of routes that it is for; without them, all that its role may use. */
  readonly scopes?: readonly string[] | null;
};

export type AccessOptions = {
  /** Without it, a program here that shows no key is `local`, who may do everything. */
  required: boolean;
  /** Who holds a key; undefined for one that is not known. */
  keyOf: (secret: string) => Promise<Caller | undefined>;
  /** Who is signed in with a cookie's token; undefined for one that is not known, or no longer. */
  sessionOf: (token: string) => Promise<Caller | undefined>;
  /** Whose sessions these are; without it, the live space's. */
  space?: string;
  /** Where people reach the API, where that is not this machine: https://… */
  publicUrl?: string;
  /** Told when somebody may not do what they asked for. */
  onRefused?: (caller: Caller, route: string) => void;
};

const local: Caller = { name: "local", role: "admin" };
const callers = new WeakMap<FastifyRequest, Caller>();

/** Who sent this request. */
export const callerOf = (request: FastifyRequest): Caller => callers.get(request) ?? local;

/** Whether somebody has a name here: a program without a key has none. */
export const isNamed = (caller: Caller): boolean => caller !== local;

/** Who sent it, where that stands in a record. Throws KEY_MISSING for who has no name. */
export const personOf = (request: FastifyRequest): Caller => {
  const caller = callerOf(request);
  if (!isNamed(caller)) throw failure("KEY_MISSING");
  return caller;
};

/** Browsers share cookies among the ports of a machine, where each space has an API of its own. */
export const sessionCookieOf = (space = "live"): string =>
  space === "live" ? "bellwether_session" : `bellwether_session_${space}`;
const bearer = /^Bearer +(\S+)$/i;

/** The value of a cookie among a request's headers. */
export const cookieOf = (headers: IncomingHttpHeaders, name: string): string | undefined =>
  (headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Whether a browser sent this: it may have come there by a page of somebody else's. */
const isBrowsers = ({ origin, "sec-fetch-site": site }: IncomingHttpHeaders): boolean =>
  origin !== undefined || site !== undefined;

type Public = Pick<AccessOptions, "publicUrl">;

/** Whether a page of our own sent this, or no page at all. */
const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders, { publicUrl }: Public): boolean =>
  origin === undefined ||
  origin === `http://${host}` ||
  (publicUrl !== undefined && origin === new URL(publicUrl).origin);

const asked = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
  }
};

/** Whether somebody elsewhere sent this: so say those who passed it on. */
const isPassedOn = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some((name) => /^(x-forwarded-.*|x-real-ip|forwarded|via)$/.test(name));

/**
 * Who sends these headers: the holder of a key, whoever is signed in, or a program on this machine.
 * Something that was shown and is not known never counts as nothing shown.
 */
const identify = async (
  headers: IncomingHttpHeaders,
  { required, space, keyOf, sessionOf }: AccessOptions,
): Promise<Caller> => {
  const secret = bearer.exec(headers.authorization ?? "")?.[1];
  if (secret !== undefined) {
    const holder = await asked(() => keyOf(secret));
    if (holder) return holder;
  }
  if (headers.authorization !== undefined) throw failure("KEY_UNKNOWN");
  const token = cookieOf(headers, sessionCookieOf(space));
  const person = token === undefined ? undefined : await asked(() => sessionOf(token));
  if (person) return person;
  if (token !== undefined || isBrowsers(headers)) throw failure("SIGNED_OUT");
  if (required || isPassedOn(headers)) throw failure("KEY_MISSING");
  return local;
};

/** Throws KEY_ROLE_WRONG or KEY_SCOPE_WRONG where the caller may not use the route. */
const refuseOthers = (
  caller: Caller,
  { route, permission }: { route: string; permission: readonly Role[] },
  { onRefused }: AccessOptions,
): void => {
  const { role, scopes } = caller;
  if (role !== "admin" && !permission.includes(role)) {
    onRefused?.(caller, route);
    throw failure("KEY_ROLE_WRONG", role, permission.join(" or ") || "admin");
  }
  if (scopes && !isInScope(route, scopes)) {
    onRefused?.(caller, route);
    throw failure("KEY_SCOPE_WRONG", scopes.join(", "));
  }
};

/**
 * Lets a request in to a route that the table guards, and says who it is. Throws SIGNED_OUT,
 * KEY_UNKNOWN, KEY_MISSING, KEY_ROLE_WRONG, KEY_SCOPE_WRONG, ORIGIN_REFUSED,
 * READ_MODEL_AWAY. For what stays open, as a socket: asked again with the same headers, it says
 * whether they still count.
 */
export const admit = async (
  route: string,
  headers: IncomingHttpHeaders,
  options: AccessOptions,
): Promise<Caller> => {
  const permission = permissionOf(route);
  if (permission === undefined || permission === "open") throw unguarded(route);
  if (!isOwnOrigin(headers, options)) throw failure("ORIGIN_REFUSED");
  const caller = await identify(headers, options);
  refuseOthers(caller, { route, permission }, options);
  return caller;
};

const unguarded = (route: string) =>
  failure("FAILED", `Nobody may use ${route} yet: name its roles in src/serve/permissions.ts.`);

const reading = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Asks who calls, and whether the table lets them. Whatever changes something is refused when a
 * page of another site asks for it. A route that is missing in the table fails when it is added.
 */
export const askForKeys = (api: Api, options: AccessOptions): void => {
  api.addHook("onRoute", ({ method, url }) => {
    const missing = [method].flat().find((one) => !permissionOf(routeName(one, url)));
    if (missing) throw unguarded(routeName(missing, url));
  });
  api.addHook("onRequest", async (request) => {
    const { headers, method, routeOptions } = request;
    if (routeOptions.url === undefined) return;
    const foreign = !isOwnOrigin(headers, options);
    if (!reading.has(method) && foreign) throw failure("ORIGIN_REFUSED");
    const route = routeName(method, routeOptions.url);
    const permission = permissionOf(route);
    if (permission === undefined || permission === "open") return;
    const caller = await identify(headers, options);
    refuseOthers(caller, { route, permission }, options);
    callers.set(request, caller);
  });
};
