import Type, { type Static } from "typebox";

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);

export const reviewOutcomes = ["stands", "wrong", "withdrawn"] as const;
export type ReviewOutcome = (typeof reviewOutcomes)[number];
const outcome = Type.Unsafe<ReviewOutcome>({
  type: "string",
  enum: [...reviewOutcomes],
  description: "The decision stands, or was wrong; or who asked has withdrawn the question",
});

const review = {
  review_id: text,
  decision_id: text,
  customer_id: text,
  asked_by: text,
  reason: Type.String({ description: "What seems wrong" }),
  asked_at: text,
  outcome: Type.Union([outcome, Type.Null()], { description: "null: it is open" }),
  answer: Type.Union([text, Type.Null()], { description: "Why, in the person's own words" }),
  closed_by: orNull,
  closed_at: orNull,
};
export const reviewAnswer = Type.Object(review);
export type ReviewAnswer = Static<typeof reviewAnswer>;

const listedReview = Type.Object({
  ...review,
  yours: Type.Boolean({ description: "Whether you asked for it" }),
});
export type ListedReview = Static<typeof listedReview>;
export const reviewsAnswer = Type.Object({
  open: Type.Integer({ description: "How many wait for a person, listed or not" }),
  reviews: Type.Array(listedReview, {
    description: "Open ones first, the oldest of them first; then the newest closed",
  }),
});
export type ReviewsAnswer = Static<typeof reviewsAnswer>;

export const closeBody = Type.Object(
  {
    outcome,
    reason: Type.String({ minLength: 1, maxLength: 2_000, pattern: "^[^\\u0000]*\\S[^\\u0000]*$" }),
  },
  { additionalProperties: false },
);
export type CloseBody = Static<typeof closeBody>;
