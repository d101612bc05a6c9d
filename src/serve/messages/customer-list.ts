import Type, { type Static, type TSchema } from "typebox";
import { customerStatuses } from "../../events/customer.ts";
import { riskLevels } from "../../events/prediction.ts";
import { textOf } from "../messages.ts";
import { contactStates } from "./queue.ts";

const text = Type.String();
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });

/** Which customers are listed. */
export const customersQuery = Type.Object({
  q: Type.Optional(textOf(200, { description: "How the id begins" })),
  band: Type.Optional(oneOf([...riskLevels, "none"], { description: "none: not scored so far" })),
  status: Type.Optional(oneOf(customerStatuses)),
  country: Type.Optional(textOf(3)),
  after: Type.Optional(textOf(600, { description: "What the page before named as next" })),
  limit: Type.Optional(
    textOf(3, { pattern: "^([1-9]|[1-9]\\d|1\\d\\d|200)$", description: "Rows, 1 to 200" }),
  ),
});
export type CustomersQuery = Static<typeof customersQuery>;

const listed = Type.Object({
  customer_id: text,
  risk_level: orNull(oneOf(riskLevels)),
  risk_score: orNull(Type.Number()),
  scored_at: orNull(text),
  reason: orNull(Type.String({ description: "What raises the risk most, in words" })),
  country: orNull(text),
  statuses: Type.Array(oneOf(customerStatuses)),
  contact: oneOf(contactStates),
  assignee: orNull(text),
  simulated: orNull(Type.Boolean()),
});
export type ListedCustomer = Static<typeof listed>;

const counted = Type.Array(Type.Object({ value: text, count: Type.Integer() }));
export const customersAnswer = Type.Object({
  rows: Type.Array(listed, { description: "The riskiest first" }),
  next: orNull(Type.String({ description: "To be sent as `after` for what follows" })),
  summary: orNull(
    Type.Object({
      customers: Type.Integer(),
      counts: Type.Object({ band: counted, status: counted, country: counted }),
    }),
  ),
});
export type CustomersAnswer = Static<typeof customersAnswer>;
