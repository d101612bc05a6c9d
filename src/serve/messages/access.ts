import Type, { type Static } from "typebox";

const orNull = Type.Union([Type.String(), Type.Null()]);

/** One entry of the access log. */
export const accessEntry = Type.Object({
  access_id: Type.String(),
  actor: Type.String({ description: "By the name of their account or key" }),
  role: Type.String(),
  what: Type.String({
    description: "signed_in, sign_in_failed, signed_out, session_revoked, refused, unmasked",
  }),
  customer_id: orNull,
  fields: Type.Union([Type.Array(Type.String()), Type.Null()]),
  reason: orNull,
  detail: orNull,
  timestamp: Type.String(),
});
export type AccessEntry = Static<typeof accessEntry>;

export const accessLogAnswer = Type.Object({
  entries: Type.Array(accessEntry, { description: "The newest first" }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: "Give it as `before` for those that come after; null: there are no more",
  }),
});
export type AccessLogAnswer = Static<typeof accessLogAnswer>;

export const unmaskAnswer = Type.Object({
  customer_id: Type.String(),
  fields: Type.Unsafe<Record<string, string | string[] | null>>({
    type: "object",
    additionalProperties: {
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "null" }],
    },
    description: "By path, such as name or accounts.*.account_id; null: not known",
  }),
  recorded_as: Type.String({ description: "The id of the entry in the access log" }),
});
export type UnmaskAnswer = Static<typeof unmaskAnswer>;
