import type pg from "pg";
import Type from "typebox";
import { callerOf } from "../access.ts";
import { askForReview, readDecision } from "../decision.ts";
import { reviewAnswer } from "../messages/reviews.ts";
import { decisionAnswer, errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { keyHeaders, keyIn } from "./idempotency-key.ts";

const params = Type.Object({
  id: textOf(300, { description: "Of a prediction or an intervention" }),
});
const schema = {
  summary: "A decision with its whole explanation, and what was done about it or not, and why",
  params,
  querystring: Type.Object({
    since: Type.Optional(
      textOf(200, { description: "The prediction to compare with; else the one before" }),
    ),
  }),
  response: { 200: decisionAnswer, 404: errorAnswer, 503: errorAnswer },
};
const reviewSchema = {
  summary: "Ask that a person look at a decision",
  params,
  body: Type.Object(
    { reason: textOf(2_000, { pattern: "^[^\\u0000]+$", description: "What seems wrong" }) },
    { additionalProperties: false },
  ),
  headers: keyHeaders("Needed: the same key asks once"),
  response: { 201: reviewAnswer, 400: errorAnswer, 404: errorAnswer, 503: errorAnswer },
};

/** Predictions and interventions one by one, and people's doubts about them. */
export const decisionsRoutes =
  (pool: pg.Pool): Route =>
  (api) => {
    const serializerCompiler = () => JSON.stringify;
    api.get("/decisions/:id", { schema, serializerCompiler }, (request) =>
      readDecision(pool, request.params.id, request.query.since),
    );
    api.post("/decisions/:id/review", { schema: reviewSchema }, async (request, reply) => {
      const review = await askForReview(pool, request.params.id, {
        by: callerOf(request).name,
        reason: request.body.reason,
        key: keyIn(request.headers),
      });
      return reply.code(201).send(review);
    });
  };
