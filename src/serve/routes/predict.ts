import type { FastifyReply, RouteShorthandOptions } from "fastify";
import Type from "typebox";
import { Failure, failure } from "../../errors.ts";
import { type Prediction, predictionsStream } from "../../events/prediction.ts";
import { callerOf } from "../access.ts";
import { errorAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";

/** Who is to be scored, and with what. */
export type PredictionAsk = {
  readonly customers: readonly string[];
  /** Values in place of the customers' own: "what if". Nobody is told of the answer. */
  readonly instead: Readonly<Record<string, number | null>> | undefined;
  /** The same key gets the same answer. */
  readonly idempotencyKey: string | undefined;
  readonly by: string;
};
export type Predicted = { readonly prediction: Prediction; readonly what_if: boolean };

/** Scores customers, in their order; a Failure for each that cannot be. */
export type Predict = (ask: PredictionAsk) => Promise<readonly (Predicted | Failure)[]>;

const askedMost = 1_000;
const body = Type.Object(
  {
    customer_id: Type.Optional(textOf(200, { description: "One customer" })),
    customer_ids: Type.Optional(
      Type.Array(textOf(200), {
        minItems: 1,
        maxItems: askedMost,
        description: "Or several; each gets a result",
      }),
    ),
    features: Type.Optional(
      Type.Unsafe<Record<string, number | null>>({
        type: "object",
        additionalProperties: { type: ["number", "null"] },
        minProperties: 1,
        description:
          "What if these had other values? null: not known. Answered and stored, never published",
      }),
    ),
  },
  { additionalProperties: false },
);
const headers = Type.Object({
  "idempotency-key": Type.Optional(
    textOf(200, { description: "Two requests with one key get one prediction" }),
  ),
});

const whatIf = Type.Boolean({ description: "Whether features of the request took part" });
const predictionJson = predictionsStream.json as unknown as { properties: object };
const predicted = Type.Unsafe<Prediction & { what_if: boolean }>({
  ...predictionJson,
  properties: { ...predictionJson.properties, what_if: whatIf },
  description: "The prediction event. as_of says of which time its features speak",
});
const result = Type.Unsafe<unknown>({
  type: "object",
  properties: {
    customer_id: { type: "string" },
    status: { type: "integer" },
    prediction: predicted,
    error: errorAnswer,
  },
  required: ["customer_id", "status"],
});
const several = Type.Unsafe<unknown>({
  type: "object",
  properties: { results: { type: "array", items: result } },
  required: ["results"],
});
const one = Type.Unsafe<unknown>({ anyOf: [predicted, several] });
const schema = {
  summary: "Score one customer or several, now",
  description:
    "Reads the newest features, scores them with the model in force, stores the prediction and " +
    "has it published. Works while Kafka is away: what is stored is published later, once.",
  body,
  headers,
  response: {
    200: one,
    207: several,
    400: errorAnswer,
    404: errorAnswer,
    409: errorAnswer,
    503: errorAnswer,
  },
};

const bodyOf = ({ prediction, what_if }: Predicted) => ({ ...prediction, what_if });

const resultOf = (customer_id: string, answer: Predicted | Failure) => {
  if (!(answer instanceof Failure)) return { customer_id, status: 200, prediction: bodyOf(answer) };
  const { what, code, cure, http } = answer;
  return { customer_id, status: http, error: { error: what, code, cure: cure ?? null } };
};

const sendSeveral = (
  reply: FastifyReply,
  customers: readonly string[],
  answers: readonly (Predicted | Failure)[],
) => {
  const results = customers.map((customer, at) => resultOf(customer, answers[at]));
  const whole = results.every(({ status }) => status === 200);
  return reply.code(whole ? 200 : 207).send({ results });
};

// Fields that events gain must not be lost on the way out.
const asItIs: RouteShorthandOptions["serializerCompiler"] = () => JSON.stringify;

/** Predictions on request. */
export const predictRoute =
  (predict: Predict): Route =>
  (api) => {
    const options = { schema, serializerCompiler: asItIs };
    api.post("/predict", options, async (request, reply) => {
      const { customer_id, customer_ids, features } = request.body;
      if ((customer_id === undefined) === (customer_ids === undefined))
        throw failure("REQUEST_WRONG", "it must have either customer_id or customer_ids");
      const customers = customer_ids ?? [customer_id as string];
      if (new Set(customers).size !== customers.length)
        throw failure("REQUEST_WRONG", "customer_ids names a customer twice");
      const answers = await predict({
        customers,
        instead: features,
        idempotencyKey: request.headers["idempotency-key"],
        by: callerOf(request).name,
      });
      if (customer_ids !== undefined) return sendSeveral(reply, customers, answers);
      const [answer] = answers;
      if (answer instanceof Failure) throw answer;
      return reply.send(bodyOf(answer));
    });
  };
