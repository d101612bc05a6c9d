import type pg from "pg";
import Type from "typebox";
import { listCustomers } from "../customer-list.ts";
import { keeping } from "../keep.ts";
import { customersAnswer, customersQuery } from "../messages/customer-list.ts";
import { foundAnswer } from "../messages/search.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { search } from "../search.ts";

const list = {
  summary: "Customers by how their id begins, by band, status and country; the riskiest first",
  querystring: customersQuery,
  response: { 200: customersAnswer, 400: errorAnswer, 503: errorAnswer },
};
const find = {
  summary: "What a text leads to: a customer, whatever has an id, a topic or a place in it",
  querystring: Type.Object({ q: textOf(200) }),
  response: { 200: foundAnswer, 400: errorAnswer, 503: errorAnswer },
};

/** How old counts may be. */
const countsFreshMs = 3_000;

/** Finding customers, and whatever else has an id or a name. */
export const searchRoutes =
  (pool: pg.Pool): Route =>
  (api) => {
    const from = { pool, keep: keeping(countsFreshMs) };
    api.get("/customers", { schema: list }, ({ query }) => listCustomers(from, query));
    api.get("/search", { schema: find }, ({ query }) => search(pool, query.q));
  };
