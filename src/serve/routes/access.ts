import type pg from "pg";
import Type from "typebox";
import { failure } from "../../errors.ts";
import { accessActs } from "../../events/access.ts";
import { callerOf } from "../access.ts";
import { type AccessLog, readAccessLog } from "../access-log.ts";
import { accessLogAnswer, unmaskAnswer } from "../messages/access.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { personalFields, unmask } from "../unmask.ts";
import { readingTables } from "../vectors.ts";

const reasonLeast = 10;
const pageMost = 500;

const unmaskSchema = {
  summary: "Show a customer's personal fields as they are; who asked and why is recorded first",
  params: Type.Object({ id: textOf(200) }),
  body: Type.Object(
    {
      reason: Type.String({
        minLength: reasonLeast,
        maxLength: 500,
        // At least so many characters that are no spaces at the ends.
        pattern: `^\\s*\\S[^\\u0000]{${reasonLeast - 2},}\\S\\s*$`,
        description: "Why you need to see it, in a sentence; it is kept",
      }),
      fields: Type.Optional(
        Type.Array(textOf(200), {
          minItems: 1,
          maxItems: 50,
          description: `Only these; else all of ${personalFields.join(", ")}`,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: { 200: unmaskAnswer, 400: errorAnswer, 404: errorAnswer, 503: errorAnswer },
};

const logSchema = {
  summary: "Who came in, was refused, or had personal data shown, the newest first",
  querystring: Type.Object({
    actor: Type.Optional(textOf(200)),
    what: Type.Optional(Type.Unsafe<string>({ type: "string", enum: [...accessActs] })),
    customer_id: Type.Optional(textOf(200)),
    before: Type.Optional(textOf(200, { description: "What `next` of an answer said" })),
    limit: Type.Optional(
      Type.String({ pattern: "^[1-9][0-9]{0,2}$", description: `At most ${pageMost}; else 100` }),
    ),
  }),
  response: { 200: accessLogAnswer, 400: errorAnswer, 503: errorAnswer },
};

/** Personal data in the plain, for a reason that is recorded; and who looked at what. */
export const accessRoutes =
  (place: { pool: pg.Pool; log: AccessLog }): Route =>
  (api) => {
    api.post("/customers/:id/unmask", { schema: unmaskSchema }, async (request, reply) => {
      const by = callerOf(request);
      // What is shown stands under a person's name, also where reading needs no key.
      if (by.name === "local") throw failure("KEY_MISSING");
      const { fields, reason } = request.body;
      const asked = { by, fields, reason: reason.trim() };
      const answer = await readingTables(() => unmask(place, request.params.id, asked));
      return reply.header("cache-control", "no-store").send(answer);
    });
    api.get("/access-log", { schema: logSchema }, async (request) => {
      const { limit: wanted, ...filter } = request.query;
      const limit = Math.min(pageMost, Number(wanted ?? 100));
      const entries = await readingTables(() =>
        readAccessLog(place.pool, { ...filter, limit: limit + 1 }),
      );
      const shown = entries.slice(0, limit);
      return {
        entries: shown,
        next: entries.length > limit ? (shown.at(-1)?.access_id ?? null) : null,
      };
    });
  };
