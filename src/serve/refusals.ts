import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Say } from "../db.ts";
import { Failure, failure } from "../errors.ts";
import type { ErrorAnswer } from "./messages.ts";
import type { Api } from "./route.ts";

const retryAfterS = 5;
const retryStatuses = new Set([429, 503]);

const answer = (reply: FastifyReply, fault: Failure, status = fault.http): FastifyReply => {
  const body: ErrorAnswer = { error: fault.what, code: fault.code, cure: fault.cure ?? null };
  reply.type("application/json; charset=utf-8").serializer(JSON.stringify);
  if (fault.retryable && retryStatuses.has(status)) reply.header("retry-after", retryAfterS);
  // A client that is still sending must come to read this answer: the rest is taken and left.
  if (status === 413) reply.removeHeader("connection");
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(status).send(body);
};

/** Where in our own code it failed; neither message nor values, which may be personal. */
const traceOf = (thrown: Error): string => {
  const frame = thrown.stack?.split("\n").find((line) => line.includes("/src/")) ?? "";
  return frame.replace(/^\s*at\s+/, "").replace(/\(?file:.*\/src\//, "(src/");
};

const failureOf = (thrown: FastifyError | Failure, bodyMaxBytes: number): Failure => {
  if (thrown instanceof Failure) return thrown;
  const { code, statusCode = 500, validation } = thrown;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return failure("BODY_TOO_LARGE", `${bodyMaxBytes}`);
  if (validation) return failure("REQUEST_WRONG", thrown.message);
  if (code === "FST_ERR_BAD_URL") return failure("REQUEST_WRONG", "its path is not valid");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return failure("REQUEST_WRONG", "its Content-Type is not one that the path takes");
  if (statusCode >= 400 && statusCode < 500)
    return failure("REQUEST_WRONG", "its body is not what its headers say");
  return failure("UNEXPECTED");
};

/**
 * Answers a fault as {error, code, cure}; only what nobody foresaw is logged, without its message.
 */
export const refusing =
  (bodyMaxBytes: number, say: Say) =>
  (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const fault = failureOf(thrown, bodyMaxBytes);
    const foreign = thrown as { code?: string; name: string; statusCode?: number };
    if (fault.code === "UNEXPECTED") {
      const route = `${request.method} ${request.routeOptions.url ?? ""}`.trim();
      const what = `${foreign.name} ${foreign.code ?? ""}`.trim();
      say(`Request ${request.id} (${route}) failed: ${what} at ${traceOf(thrown)}`);
    }
    const clients = fault.code === "REQUEST_WRONG" ? foreign.statusCode : undefined;
    answer(reply, fault, clients ?? fault.http);
  };

const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+|\*/g, "[^/]+")}/?$`);

/** Answers 405 where the path is known and the method is not, else 404. Call before any route. */
export const refuseUnknown = (api: Api): void => {
  const known: { methods: string[]; pattern: RegExp }[] = [];
  api.addHook("onRoute", ({ method, url }) => {
    known.push({ methods: [method].flat(), pattern: patternOf(url) });
  });
  api.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0];
    const methods = known.filter(({ pattern }) => pattern.test(path)).flatMap((k) => k.methods);
    if (methods.length === 0) return answer(reply, failure("PATH_UNKNOWN", request.method, path));
    reply.header("allow", [...new Set(methods)].sort().join(", "));
    return answer(reply, failure("METHOD_REFUSED", request.method, path));
  });
};

const ownHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * A page elsewhere can make a name of its own point here; a browser then sends us that name. Only
 * names of this machine are answered, and the one under which a proxy shows us to people.
 */
export const refuseForeignHosts = (api: Api, publicUrl: string | undefined): void => {
  const shown = publicUrl && new URL(publicUrl).host;
  api.addHook("onRequest", async (request) => {
    const { host = "" } = request.headers;
    if (!ownHost.test(host) && host !== shown) throw failure("HOST_REFUSED");
  });
};
