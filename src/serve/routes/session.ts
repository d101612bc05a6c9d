import Type from "typebox";
import { callerOf } from "../access.ts";
import {
  doneAnswer,
  sessionAnswer,
  sessionsAnswer,
  signInWaysAnswer,
} from "../messages/session.ts";
import { errorAnswer, textOf } from "../messages.ts";
import { passwordMost } from "../passwords.ts";
import type { Api, Route } from "../route.ts";
import type { SignIn } from "../sign-in.ts";
import { readingTables } from "../vectors.ts";

const faults = { 401: errorAnswer, 503: errorAnswer };
const uuid = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

const schemas = {
  who: {
    summary: "Who is signed in, in which role and space",
    response: { 200: sessionAnswer, ...faults },
  },
  ways: {
    summary: "How one may sign in here",
    response: { 200: signInWaysAnswer, 503: errorAnswer },
  },
  come: {
    summary: "Sign in with a name and a password; the answer sets a cookie",
    body: Type.Object(
      { name: textOf(100), password: Type.String({ minLength: 1, maxLength: passwordMost }) },
      { additionalProperties: false },
    ),
    response: { 200: doneAnswer, 400: errorAnswer, 429: errorAnswer, ...faults },
  },
  go: { summary: "Sign out: the session ends at once", response: { 200: doneAnswer } },
  list: {
    summary: "Sessions in use: one's own, or everybody's for an admin",
    response: { 200: sessionsAnswer, ...faults },
  },
  revoke: {
    summary: "End a session: one's own, or anybody's for an admin",
    params: Type.Object({ id: Type.String({ pattern: uuid }) }),
    response: { 200: doneAnswer, 404: errorAnswer, ...faults },
  },
} as const;

const done = { done: true } as const;

const sessions = (api: Api, signIn: SignIn): void => {
  api.get("/session", { schema: schemas.who }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    return readingTables(() => signIn.describe(callerOf(request), request.headers));
  });
  api.post("/session", { schema: schemas.come }, async (request, reply) => {
    const { name, password } = request.body;
    await readingTables(async () => {
      const person = await signIn.byPassword(name, password, request.ip);
      await signIn.welcome(reply, person, "password");
    });
    return done;
  });
  api.delete("/session", { schema: schemas.go }, async (request, reply) => {
    await readingTables(() => signIn.leave(reply, request.headers));
    return done;
  });
  api.get("/sessions", { schema: schemas.list }, (request) =>
    readingTables(() => signIn.list(callerOf(request), request.headers)),
  );
  api.delete("/sessions/:id", { schema: schemas.revoke }, async (request) => {
    await readingTables(() => signIn.revoke(request.params.id, callerOf(request)));
    return done;
  });
};

/** Signing in, out, and what is signed in. */
export const sessionRoutes =
  (signIn: SignIn): Route =>
  (api) => {
    sessions(api, signIn);
    api.get("/sign-in/ways", { schema: schemas.ways }, async () => ({
      password: await readingTables(() => signIn.hasUsers()),
      oidc: signIn.oidc !== undefined,
    }));
  };
