import Type, { type Static } from "typebox";

const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const time = orNull(Type.String());

const told = Type.Object({
  story: Type.String(),
  look_alike: Type.Boolean({ description: "Looks risky, but the customer is well off" }),
  customers: Type.Integer(),
  missed: Type.Integer({ description: "Of these, whose payment was missed" }),
  flagged: Type.Integer({ description: "Of these, who came to High or above in its course" }),
  in_time: Type.Integer({ description: "Of those who missed, who was flagged before" }),
});

const lived = Type.Object({
  customer_id: Type.String(),
  starts_at: Type.String(),
  peaks_at: time,
  first_missed_payment: time,
  recovers_at: time,
  flagged_at: time,
  risk_level: orNull(Type.String({ description: "Now" })),
  risk_score: orNull(Type.Number()),
});

export const storiesAnswer = Type.Object({
  stories: Type.Array(told),
  customers: Type.Array(lived, { description: "Of the story asked for, the newest first" }),
});
export type StoriesAnswer = Static<typeof storiesAnswer>;
