import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import { type Permission, permissionOf, type Role, routeName } from "./permissions.ts";
import type { Api } from "./route.ts";

/** Whoever calls, as records name them. */
export type Caller = { readonly name: string; readonly role: Role };

export type AccessOptions = {
  /** Without it, a program that shows no key is `local`, who may do everything. */
  required: boolean;
  /** Who holds a key; undefined for one that is not known. */
  keyOf: (secret: string) => Promise<Caller | undefined>;
  /** Who is signed in with a cookie's token; undefined for one that is not known, or no longer. */
  sessionOf: (token: string) => Promise<Caller | undefined>;
};

const local: Caller = { name: "local", role: "admin" };
const callers = new WeakMap<FastifyRequest, Caller>();

/** Who sent this request. */
export const callerOf = (request: FastifyRequest): Caller => callers.get(request) ?? local;

/** Who sent it, where that stands in a record: a program without a key has no name for that. */
export const personOf = (request: FastifyRequest): Caller => {
  const caller = callerOf(request);
  if (caller === local) throw failure("KEY_MISSING");
  return caller;
};

export const sessionCookie = "bellwether_session";
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

/** Whether a page of our own sent this, or no page at all. */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || origin === `http://${host}`;

const asked = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
  }
};

/**
 * Who sends these headers: the holder of a key, whoever is signed in, or a program on this machine.
 * Something that was shown and is not known never counts as nothing shown.
 */
const identify = async (
  headers: IncomingHttpHeaders,
  { required, keyOf, sessionOf }: AccessOptions,
): Promise<Caller> => {
  const secret = bearer.exec(headers.authorization ?? "")?.[1];
  if (secret !== undefined) {
    const holder = await asked(() => keyOf(secret));
    if (holder) return holder;
  }
  if (headers.authorization !== undefined) throw failure("KEY_UNKNOWN");
  const token = cookieOf(headers, sessionCookie);
  const person = token === undefined ? undefined : await asked(() => sessionOf(token));
  if (person) return person;
  if (token !== undefined || isBrowsers(headers)) throw failure("SIGNED_OUT");
  if (required) throw failure("KEY_MISSING");
  return local;
};

const refuseRole = ({ role }: Caller, permission: Permission): void => {
  if (permission === "open" || role === "admin" || permission.includes(role)) return;
  throw failure("KEY_ROLE_WRONG", role, permission.join(" or "));
};

/**
 * Lets a request in to a route that the table guards, and says who it is. Throws SIGNED_OUT,
 * KEY_UNKNOWN, KEY_MISSING, KEY_ROLE_WRONG, ORIGIN_REFUSED, READ_MODEL_AWAY. For what stays open,
 * as a socket: asked again with the same headers, it says whether they still count.
 */
export const admit = async (
  route: string,
  headers: IncomingHttpHeaders,
  options: AccessOptions,
): Promise<Caller> => {
  const permission = permissionOf(route);
  if (permission === undefined || permission === "open") throw unguarded(route);
  if (!isOwnOrigin(headers)) throw failure("ORIGIN_REFUSED");
  const caller = await identify(headers, options);
  refuseRole(caller, permission);
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
    if (!reading.has(method) && !isOwnOrigin(headers)) throw failure("ORIGIN_REFUSED");
    const permission = permissionOf(routeName(method, routeOptions.url));
    if (permission === undefined || permission === "open") return;
    const caller = await identify(headers, options);
    refuseRole(caller, permission);
    callers.set(request, caller);
  });
};
