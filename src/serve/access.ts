import type { FastifyRequest } from "fastify";
import { isUnreachable } from "../db.ts";
import { failure } from "../errors.ts";
import type { Api } from "./route.ts";

/** Whoever calls, as records name them. */
export type Caller = { readonly name: string; readonly role: string };

export type AccessOptions = {
  /** Without it, a call without a key is one by `local`, who may do everything. */
  required: boolean;
  /** Who holds a key; undefined for one that is not known. */
  keyOf: (secret: string) => Promise<Caller | undefined>;
};

const local: Caller = { name: "local", role: "admin" };
const callers = new WeakMap<FastifyRequest, Caller>();

/** Who sent this request. */
export const callerOf = (request: FastifyRequest): Caller => callers.get(request) ?? local;

const bearer = /^Bearer +(\S+)$/i;

const identify = async (
  header: string | undefined,
  { required, keyOf }: AccessOptions,
): Promise<Caller> => {
  const secret = bearer.exec(header ?? "")?.[1];
  if (secret === undefined) {
    if (header !== undefined) throw failure("KEY_UNKNOWN");
    if (required) throw failure("KEY_MISSING");
    return local;
  }
  try {
    const caller = await keyOf(secret);
    if (caller) return caller;
  } catch (thrown) {
    throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
  }
  throw failure("KEY_UNKNOWN");
};

/**
 * Asks for a key where a route names roles. An admin may do everything; a key that is sent is
 * looked at also where none is needed, so that what follows bears the right name.
 */
export const askForKeys = (api: Api, options: AccessOptions): void => {
  api.addHook("onRequest", async (request) => {
    const { roles } = request.routeOptions.config;
    if (roles === undefined) return;
    const caller = await identify(request.headers.authorization, options);
    if (caller.role !== "admin" && !roles.includes(caller.role))
      throw failure("KEY_ROLE_WRONG", caller.role, roles.join(" or "));
    callers.set(request, caller);
  });
};
