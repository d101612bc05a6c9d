import Type, { type Static } from "typebox";

/** What a text leads to: where it is shown under /console. */
export const foundAnswer = Type.Object({
  found: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String({
        description:
          "customer, score, contact, transaction, notification, outcome, topic, record, event",
      }),
      says: Type.String(),
      path: Type.String({ description: "Under /console" }),
    }),
  ),
});
export type FoundAnswer = Static<typeof foundAnswer>;
