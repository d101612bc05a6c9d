import type pg from "pg";
import Type from "typebox";
import { readJourney } from "../journey/journey.ts";
import { type Archived, Records } from "../journey/records.ts";
import { journeyAnswer } from "../messages/journey.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import type { TopicDesk } from "../topics/desk.ts";

export type JourneyOptions = {
  readonly desk: TopicDesk;
  readonly pool: pg.Pool;
  readonly archived: Archived;
};

/** The way of a record through the topics. */
export const journeyRoute = ({ desk, pool, archived }: JourneyOptions): Route => {
  const records = new Records(desk, archived);
  const schema = {
    summary: "What caused a record and what it caused, hop by hop, with how long each took",
    querystring: Type.Object({
      event: textOf(400, {
        description:
          "topic-partition-offset, or the id of a transaction, prediction, intervention, " +
          "notification, outcome or trace",
      }),
    }),
    response: { 200: journeyAnswer, 400: errorAnswer, 404: errorAnswer, 503: errorAnswer },
  };
  const serializerCompiler = () => JSON.stringify;
  return (api) => {
    api.get("/journey", { schema, serializerCompiler }, (request) =>
      readJourney(records, pool, request.query.event.trim()),
    );
  };
};
