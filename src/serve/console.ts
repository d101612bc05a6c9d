import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { failure } from "../errors.ts";
import type { Route } from "./route.ts";

/**
 * The console: static files under /console/, read whole when the API starts. A path without an
 * ending is a screen and gets the page, which finds the screen by itself.
 */
type File = { type: string; body: Buffer; packed: Buffer; tag: string; lasting: boolean };

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
};

/** Only what we send ourselves may run; nobody may frame the page. */
const headers = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

const readFiles = (folder: string): Map<string, File> =>
  new Map(
    globSync("**/*.*", { cwd: folder }).flatMap((path) => {
      const type = types[extname(path)];
      if (type === undefined) return [];
      const body = readFileSync(join(folder, path));
      const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
      // Vite puts a hash of the content into the names of these.
      const lasting = path.startsWith("assets/");
      return [[path, { type, body, packed: gzipSync(body), tag, lasting }]];
    }),
  );

const send = (request: FastifyRequest, reply: FastifyReply, file: File): FastifyReply => {
  reply.headers(headers).header("etag", file.tag).header("vary", "accept-encoding");
  reply.header("cache-control", file.lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === file.tag) return reply.code(304).send();
  reply.type(file.type);
  const packs = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (!packs || file.type.startsWith("font/")) return reply.send(file.body);
  return reply.header("content-encoding", "gzip").send(file.packed);
};

/** Sends the console that was built into a folder; where there is none, says how to build it. */
export const consoleRoute = (folder: string): Route => {
  const files = existsSync(folder) ? readFiles(folder) : new Map<string, File>();
  return (api) => {
    const schema = { hide: true };
    api.get("/", { schema }, (_, reply) => reply.redirect("/console/"));
    api.get("/console", { schema }, (_, reply) => reply.redirect("/console/"));
    api.get<{ Params: { "*": string } }>("/console/*", { schema }, (request, reply) => {
      const path = request.params["*"];
      const asked = files.get(path);
      if (asked) return send(request, reply, asked);
      const page = extname(path) === "" ? files.get("index.html") : undefined;
      if (page) return send(request, reply, page);
      throw files.size === 0
        ? failure("CONSOLE_MISSING")
        : failure("PATH_UNKNOWN", "GET", `/console/${path}`);
    });
  };
};
