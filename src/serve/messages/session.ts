import Type, { type Static } from "typebox";

/** Who is signed in, as the console shows it. */
export const sessionAnswer = Type.Object({
  name: Type.String(),
  role: Type.String({ description: "viewer, analyst, lead, engineer, auditor, admin" }),
  space: Type.String(),
  simulated: Type.Boolean({ description: "Whether the people of this space are simulated" }),
  expires_at: Type.Union([Type.String(), Type.Null()]),
  may: Type.Array(Type.String(), {
    description: "The routes that the role may use, such as POST /predict",
  }),
});
export type SessionAnswer = Static<typeof sessionAnswer>;

/** How one may sign in here. */
export const signInWaysAnswer = Type.Object({
  password: Type.Boolean({ description: "Whether any user with a password has been made" }),
  oidc: Type.Boolean({ description: "Whether another server signs people in" }),
});
export type SignInWays = Static<typeof signInWaysAnswer>;

const listedSession = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.String(),
  came_by: Type.String({ description: "password, link, oidc" }),
  created_at: Type.String(),
  seen_at: Type.String(),
  expires_at: Type.String(),
  own: Type.Boolean({ description: "Whether it is the one that asks" }),
});
export const sessionsAnswer = Type.Object({
  sessions: Type.Array(listedSession, { description: "Those in use, the newest first" }),
});
export type SessionsAnswer = Static<typeof sessionsAnswer>;

export const doneAnswer = Type.Object({ done: Type.Literal(true) });
