import Type, { type Static } from "typebox";

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);

export const approvalStates = [
  "open",
  "approved",
  "refused",
  "withdrawn",
  "expired",
  "done",
  "failed",
] as const;
export type ApprovalState = (typeof approvalStates)[number];

export const approvalAnswer = Type.Object({
  approval_id: text,
  act: Type.String({ description: "What kind of thing is asked for, for programs" }),
  effect: Type.String({ description: "What it will bring about, in words and numbers" }),
  state: Type.Unsafe<ApprovalState>({
    type: "string",
    enum: [...approvalStates],
    description: "approved stands until it was carried out",
  }),
  asked_by: text,
  asked_at: text,
  expires_at: text,
  decided_by: orNull,
  decided_at: orNull,
  outcome: Type.Union([text, Type.Null()], { description: "What came of it, in words" }),
  roles: Type.Array(text, { description: "Whose holders may decide, if their name is another" }),
  yours: Type.Boolean({ description: "Whether you asked for it" }),
  may_decide: Type.Boolean({ description: "Whether you may agree to it or refuse it" }),
});
export type ApprovalAnswer = Static<typeof approvalAnswer>;

export const approvalsAnswer = Type.Object({
  approvals: Type.Array(approvalAnswer, { description: "Open ones first, then the newest" }),
});
export type ApprovalsAnswer = Static<typeof approvalsAnswer>;
