import Type, { type Static } from "typebox";

/** Who is signed in, as the console shows it. */
export const sessionAnswer = Type.Object({
  name: Type.String(),
  role: Type.String({ description: "viewer, analyst, lead, engineer, auditor, admin" }),
  space: Type.String(),
  simulated: Type.Boolean({ description: "Whether the people of this space are simulated" }),
  expires_at: Type.Union([Type.String(), Type.Null()]),
});
export type SessionAnswer = Static<typeof sessionAnswer>;
