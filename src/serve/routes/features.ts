import Type from "typebox";
import { failure } from "../../errors.ts";
import type { CustomerFeatures } from "../../events/features.ts";
import { errorAnswer, featuresAnswer, textOf } from "../messages.ts";
import type { Route } from "../route.ts";
import { readVectors, type Stores } from "../vectors.ts";

/** What the product knows how to compute of a customer. */
const entry = Type.Object({
  feature: Type.String(),
  unit: Type.String(),
  says: Type.String({ description: "What it is, in a sentence" }),
  owner: Type.String({ description: "The domain that computes it" }),
  window_days: Type.Union([Type.Number(), Type.Null()], {
    description: "The days that it looks at; null: as far back as is known",
  }),
  freshness: Type.String({ description: "When it is computed anew" }),
  direction: Type.Union([Type.Literal(1), Type.Literal(-1), Type.Literal(0)], {
    description: "How the risk moves when the value grows, where that is known; else 0",
  }),
  code: Type.String({ description: "Of the reason that it may be" }),
  sensitive: Type.Boolean({ description: "For staff only" }),
  for_models: Type.Boolean({ description: "Whether models learn from it" }),
  since_set: Type.String({ description: "The feature set that it came with" }),
});
const registryAnswer = Type.Object({ feature_set: Type.String(), features: Type.Array(entry) });
export type Registry = Type.Static<typeof registryAnswer>;

const vectorAnswer = Type.Object({ customer_id: Type.String(), ...featuresAnswer.properties });
const askedMost = 1_000;
const batchAnswer = Type.Object({
  found: Type.Array(vectorAnswer),
  missing: Type.Array(Type.String(), { description: "Customers of whom nothing is known" }),
});
const batchBody = Type.Object(
  {
    customer_ids: Type.Array(textOf(200), { minItems: 1, maxItems: askedMost }),
    features: Type.Optional(Type.Array(textOf(200), { description: "Only these; else all" })),
  },
  { additionalProperties: false },
);

const chosen = <V>(all: Record<string, V>, names: readonly string[] | undefined) =>
  names ? Object.fromEntries(names.map((name) => [name, all[name] ?? null])) : all;

const answerOf = (vector: CustomerFeatures, names?: readonly string[]) => ({
  customer_id: vector.customer_id,
  feature_set: vector.feature_set,
  as_of: vector.as_of,
  features: chosen(vector.features, names),
  baselines: names
    ? Object.fromEntries(Object.entries(vector.baselines).filter(([id]) => names.includes(id)))
    : vector.baselines,
});

const registrySchema = {
  summary: "Every feature: its unit, what it says, who computes it and when",
  response: { 200: registryAnswer },
};
const oneSchema = {
  summary: "The newest features of a customer",
  params: Type.Object({ customer: textOf(200) }),
  response: { 200: vectorAnswer, 404: errorAnswer, 503: errorAnswer },
};
const batchSchema = {
  summary: "The newest features of many customers",
  body: batchBody,
  response: { 200: batchAnswer, 400: errorAnswer, 503: errorAnswer },
};

/** The feature store: what there is, and the newest vector of one customer or of many. */
export const featuresRoutes =
  (stores: Stores, registry: Registry): Route =>
  (api) => {
    api.get("/features", { schema: registrySchema }, async () => registry);
    api.get("/features/:customer", { schema: oneSchema }, async (request) => {
      const { customer } = request.params;
      const vector = (await readVectors(stores, [customer])).get(customer);
      if (vector === undefined) throw failure("CUSTOMER_UNKNOWN", customer);
      return answerOf(vector);
    });
    api.post("/features", { schema: batchSchema }, async (request) => {
      const { customer_ids, features } = request.body;
      const { feature_set, features: known } = registry;
      const unknown = features?.find((id) => !known.some(({ feature }) => feature === id));
      if (unknown !== undefined) throw failure("FEATURE_UNKNOWN", unknown, feature_set);
      const ids = [...new Set(customer_ids)];
      const vectors = await readVectors(stores, ids);
      return {
        found: ids.flatMap((id) => {
          const vector = vectors.get(id);
          return vector ? [answerOf(vector, features)] : [];
        }),
        missing: ids.filter((id) => !vectors.has(id)),
      };
    });
  };
