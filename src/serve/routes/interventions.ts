import type pg from "pg";
import Type from "typebox";
import { interventionStatistics } from "../intervention-statistics.ts";
import { listInterventions, readCourse } from "../interventions.ts";
import {
  courseAnswer,
  interventionsAnswer,
  listQuery,
  statisticsAnswer,
  statisticsQuery,
} from "../messages/interventions.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

const answers = <T>(answer: T) => ({
  200: answer,
  400: errorAnswer,
  422: errorAnswer,
  503: errorAnswer,
});
const list = {
  summary: "Steps taken, and steps stopped, delayed or held out, and why; the newest first",
  querystring: listQuery,
  response: answers(interventionsAnswer),
};
const statistics = {
  summary: "Decisions of a time span, counted by each dimension, over time and by outcome",
  querystring: statisticsQuery,
  response: answers(statisticsAnswer),
};
const course = {
  summary: "Each status that an intervention had, and what was tried to carry it out",
  params: Type.Object({ id: textOf(300) }),
  response: { ...answers(courseAnswer), 404: errorAnswer },
};

/** What was decided about contacts, one by one and counted. */
export const interventionsRoutes =
  (pool: pg.Pool): Route =>
  (api) => {
    const counted = interventionStatistics(pool);
    api.get("/interventions", { schema: list }, ({ query }) => listInterventions(pool, query));
    api.get("/interventions/statistics", { schema: statistics }, ({ query }) => counted(query));
    api.get("/interventions/:id", { schema: course }, ({ params }) => readCourse(pool, params.id));
  };
