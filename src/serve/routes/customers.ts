import type { Redis } from "ioredis";
import type pg from "pg";
import Type from "typebox";
import { readCustomer } from "../customer.ts";
import { customerAnswer, errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

const schema = {
  summary: "A customer: profile, newest score with its reasons, features, what happened lately",
  params: Type.Object({ id: textOf(200) }),
  response: { 200: customerAnswer, 404: errorAnswer, 503: errorAnswer },
};

/** A customer: masked profile, newest score with its reasons, features, what happened lately. */
export const customersRoute =
  (from: { pool: pg.Pool; redis: Redis | undefined; space: string }): Route =>
  (api) => {
    api.get("/customers/:id", { schema }, (request) => readCustomer(from, request.params.id));
  };
