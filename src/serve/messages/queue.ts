import Type, { type Static, type TSchema } from "typebox";
import { caseReasons, decisionKinds } from "../../events/case.ts";
import { riskLevels } from "../../events/prediction.ts";
import { textOf } from "../messages.ts";

const text = Type.String();
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });

/** How a customer was contacted last: one word for each. */
export const contactStates = [
  "contacted",
  "waiting",
  "stopped",
  "failed",
  "control",
  "closed",
  "none",
] as const;

const filters = {
  band: Type.Optional(
    oneOf(["MEDIUM", "HIGH", "CRITICAL"], { description: "Without it, High and Critical" }),
  ),
  assignee: Type.Optional(textOf(200, { description: "mine, nobody, or somebody's name" })),
  decided: Type.Optional(
    oneOf(["waiting", "decided", "all"], {
      description: "Without it, waiting: nobody has decided, or what was decided rests no more",
    }),
  ),
  country: Type.Optional(textOf(3)),
  product: Type.Optional(textOf(50, { description: "Something that the customer owes for" })),
  reason: Type.Optional(textOf(200, { description: "The code of what raises the risk most" })),
  contact: Type.Optional(oneOf(contactStates)),
  simulated: Type.Optional(oneOf(["yes", "no"])),
};
/** What of the queue is looked at. */
export const queueFilters = Type.Object(filters, { additionalProperties: false });
export type QueueFilters = Static<typeof queueFilters>;

const paging = {
  after: Type.Optional(textOf(600, { description: "What the page before named as next" })),
  limit: Type.Optional(
    textOf(3, { pattern: "^([1-9]|[1-9]\\d|1\\d\\d|200)$", description: "Rows, 1 to 200" }),
  ),
};
export const queueQuery = Type.Object({ ...filters, ...paging });
export type QueueQuery = Static<typeof queueQuery>;

const dueAnswer = Type.Object({
  product: text,
  amount: Type.Number(),
  currency: text,
  due_at: text,
});

const contactAnswer = Type.Object({
  state: oneOf(contactStates),
  says: Type.String({ description: "The same in a sentence" }),
  at: orNull(text),
});

const decisionAnswer = Type.Object({
  case_decision_id: text,
  decision: oneOf(decisionKinds),
  reason_codes: Type.Array(oneOf(caseReasons)),
  note: orNull(text),
  by: text,
  at: text,
  rests_until: orNull(text),
});

const queueRow = Type.Object({
  customer_id: text,
  risk_level: oneOf(riskLevels),
  risk_score: Type.Number({ minimum: 0, maximum: 1 }),
  scored_at: text,
  score_week_before: orNull(Type.Number({ description: "The score that held seven days before" })),
  reason: orNull(Type.String({ description: "What raises the risk most, in words" })),
  reason_code: orNull(text),
  country: orNull(text),
  products: Type.Array(text),
  simulated: orNull(Type.Boolean()),
  at_stake: orNull(
    Type.Number({ description: "Overdue, or due within a month, in the answer's currency" }),
  ),
  expected_loss: Type.Number({ description: "The score times what is at stake" }),
  next_due: orNull(dueAnswer),
  cover: orNull(
    Type.Number({ description: "Balances over what is overdue or falls due within a month" }),
  ),
  contact: contactAnswer,
  assignee: orNull(text),
  decision: orNull(decisionAnswer),
  waiting: Type.Boolean({ description: "Whether it waits for a person" }),
});
export type QueueRow = Static<typeof queueRow>;

const counted = Type.Array(Type.Object({ value: text, count: Type.Integer() }));
const queueCounts = Type.Object(
  {
    band: counted,
    assignee: counted,
    decided: counted,
    country: counted,
    product: counted,
    reason: counted,
    contact: counted,
    simulated: counted,
  },
  {
    description:
      "By each filter, how many there are of each value with the other filters as they are",
  },
);
export type QueueFacet = keyof Static<typeof queueCounts>;

export const queueAnswer = Type.Object({
  currency: Type.String({ description: "Of at_stake and expected_loss" }),
  rows: Type.Array(queueRow, { description: "By expected loss, the largest first" }),
  next: orNull(Type.String({ description: "To be sent as `after` for what follows" })),
  summary: orNull(
    Type.Object({
      customers: Type.Integer(),
      at_stake: Type.Number(),
      expected_loss: Type.Number(),
      counts: queueCounts,
    }),
    // Only with the first page.
  ),
});
export type QueueAnswer = Static<typeof queueAnswer>;

/** How many customers one request may concern. */
export const actedMost = 200;
const customers = Type.Array(textOf(200), { minItems: 1, maxItems: actedMost });
const dry_run = Type.Optional(
  Type.Boolean({ description: "Only say what would be done, in numbers" }),
);
const strict = { additionalProperties: false };

export const decideBody = Type.Object(
  {
    customer_ids: customers,
    decision: oneOf(decisionKinds),
    reason_codes: Type.Array(oneOf(caseReasons), { minItems: 1, maxItems: 5 }),
    note: Type.Optional(textOf(2_000, { pattern: "^[^\\u0000]+$" })),
    rest_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 90,
        description: "How long it rests; else 7 days for a contact or to watch, 14, or 30",
      }),
    ),
    dry_run,
  },
  strict,
);
export const assignBody = Type.Object(
  {
    customer_ids: customers,
    to: orNull(textOf(200, { description: "Whose they are from now on; null: nobody's" })),
    dry_run,
  },
  strict,
);
export const reopenBody = Type.Object({ customer_ids: customers, dry_run }, strict);
export const undoBody = Type.Object(
  { case_decision_ids: Type.Array(textOf(200), { minItems: 1, maxItems: actedMost }) },
  strict,
);

const actResult = Type.Object({
  customer_id: orNull(text),
  status: Type.Integer({
    description: "As an answer of its own would have it: 200, 403, 404, 409",
  }),
  case_decision_id: orNull(text),
  error: Type.Optional(text),
  code: Type.Optional(text),
});
export type ActResult = Static<typeof actResult>;

export const actAnswer = Type.Object({
  dry_run: Type.Boolean(),
  done: Type.Integer({ description: "In Kafka when this is answered; of a dry run: would be" }),
  refused: Type.Integer(),
  says: Type.String({ description: "The effect in numbers" }),
  results: Type.Array(actResult, { description: "In the order of the request" }),
});
export type ActAnswer = Static<typeof actAnswer>;

export const viewBody = Type.Object({ filters: queueFilters, shared: Type.Boolean() }, strict);
const viewAnswer = Type.Object({
  owner: text,
  name: text,
  filters: queueFilters,
  shared: Type.Boolean({ description: "Whether others see it too" }),
  mine: Type.Boolean(),
});
export type QueueView = Static<typeof viewAnswer>;
export const viewsAnswer = Type.Object({ views: Type.Array(viewAnswer) });
export type ViewsAnswer = Static<typeof viewsAnswer>;
