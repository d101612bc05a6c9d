import type { Redis } from "ioredis";
import type pg from "pg";
import Type from "typebox";
import { readCustomer } from "../customer.ts";
import { customerAnswer, errorAnswer } from "../messages.ts";
import type { Route } from "../route.ts";

const schema = {
  params: Type.Object({
    id: Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\u0000-\\u001f]+$" }),
  }),
  response: { 200: customerAnswer, 404: errorAnswer, 503: errorAnswer },
};

/** A customer: masked profile, newest score with its reasons, features, what happened lately. */
export const customersRoute =
  (from: { pool: pg.Pool; redis: Redis | undefined; space: string }): Route =>
  (api) => {
    api.get("/customers/:id", { schema }, (request) => readCustomer(from, request.params.id));
  };
