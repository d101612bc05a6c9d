import type pg from "pg";
import Type from "typebox";
import { keeping } from "../keep.ts";
import { storiesAnswer } from "../messages/stories.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { readStories } from "../stories.ts";

const freshMs = 5_000;
const schema = {
  summary: "The stories of simulated people, and whether each was noticed in time",
  querystring: Type.Object({ story: Type.Optional(textOf(50)) }),
  response: { 200: storiesAnswer, 400: errorAnswer, 503: errorAnswer },
};

/** In spaces of simulated people: what they live through. Elsewhere the lists are empty. */
export const storiesRoute =
  (pool: pg.Pool): Route =>
  (api) => {
    const keep = keeping(freshMs);
    api.get("/stories", { schema }, ({ query: { story } }) =>
      keep(story ?? "", () => readStories(pool, story)),
    );
  };
