import type pg from "pg";
import Type from "typebox";
import {
  contactStateAnswer,
  scoresAnswer,
  scoresQuery,
  timelineAnswer,
  timelineCounts,
  timelineQuery,
} from "../messages/timeline.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { type ReadCircumstances, readContactState } from "../timeline/contact-state.ts";
import { readScores } from "../timeline/score-course.ts";
import { countTimeline, readTimeline } from "../timeline/timeline.ts";

const params = Type.Object({ id: textOf(200) });
const faults = { 400: errorAnswer, 404: errorAnswer, 503: errorAnswer };

/** What happened to one customer, how the score went, and how they may be reached now. */
export const timelineRoutes =
  (pool: pg.Pool, circumstances: ReadCircumstances): Route =>
  (api) => {
    const timeline = {
      summary: "Everything about a customer in one list, newest first, also what was not done",
      params,
      querystring: timelineQuery,
      response: { 200: timelineAnswer, ...faults },
    };
    api.get("/customers/:id/timeline", { schema: timeline }, (request) => {
      const { limit, ...asked } = request.query;
      const most = limit === undefined ? {} : { limit: Number(limit) };
      return readTimeline(pool, request.params.id, { ...asked, ...most });
    });

    const counts = {
      summary: "How many lines of each kind a customer's timeline has",
      params,
      response: { 200: timelineCounts, ...faults },
    };
    api.get("/customers/:id/timeline/counts", { schema: counts }, (request) =>
      countTimeline(pool, request.params.id),
    );

    const scores = {
      summary: "How a customer's score went, with the versions that made it and the bands",
      params,
      querystring: scoresQuery,
      response: { 200: scoresAnswer, ...faults },
    };
    api.get("/customers/:id/scores", { schema: scores }, (request) =>
      readScores(pool, request.params.id, request.query),
    );

    const contact = {
      summary: "How a customer may be reached now, by channel, and the open episode",
      params,
      response: { 200: contactStateAnswer, ...faults },
    };
    api.get("/customers/:id/contact", { schema: contact }, (request) =>
      readContactState(pool, circumstances, request.params.id, Date.now()),
    );
  };
