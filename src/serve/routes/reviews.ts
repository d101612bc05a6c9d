import type pg from "pg";
import Type from "typebox";
import { callerOf, personOf } from "../access.ts";
import type { AccessLog } from "../access-log.ts";
import { closeBody, reviewAnswer, reviewsAnswer } from "../messages/reviews.ts";
import { errorAnswer, textOf } from "../messages.ts";
import { closeReview, listReviews } from "../reviews.ts";
import type { Route } from "../route.ts";

const list = {
  summary: "Decisions that somebody asked a person to look at",
  querystring: Type.Object({
    state: Type.Optional(
      Type.Unsafe<"open" | "closed">({ type: "string", enum: ["open", "closed"] }),
    ),
  }),
  response: { 200: reviewsAnswer, 400: errorAnswer, 503: errorAnswer },
};
const close = {
  summary: "Say what came of a review, as another person than who asked; or withdraw your own",
  params: Type.Object({ id: textOf(100) }),
  body: closeBody,
  response: {
    200: reviewAnswer,
    400: errorAnswer,
    403: errorAnswer,
    404: errorAnswer,
    409: errorAnswer,
    503: errorAnswer,
  },
};

/** The reviews that people asked for, and what another person answers. */
export const reviewsRoutes =
  (place: { pool: pg.Pool; log: Pick<AccessLog, "record"> }): Route =>
  (api) => {
    api.get("/reviews", { schema: list }, (request) =>
      listReviews(place.pool, callerOf(request), request.query.state),
    );
    api.post("/reviews/:id/close", { schema: close }, (request) =>
      closeReview(place, request.params.id, { ...request.body, by: personOf(request) }),
    );
  };
