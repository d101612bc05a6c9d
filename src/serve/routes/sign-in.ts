import type { FastifyReply } from "fastify";
import Type from "typebox";
import { isUnreachable } from "../../db.ts";
import { Failure } from "../../errors.ts";
import { cookieOf } from "../access.ts";
import { setCookie } from "../cookies.ts";
import type { Api, Route } from "../route.ts";
import type { SignIn } from "../sign-in.ts";

/**
 * Where browsers go, rather than programs: each of these leads on to a page of the console, also
 * where it fails, and the page says why.
 */
const tripCookie = "bellwether_trip";
const tripMaxS = 600;
const callback = "/sign-in/oidc/callback";
/** A screen of ours, and nothing that a browser could take for another site. */
const screen = /^\/console\/[\w\-/.:~%?&=+,]*$/;

// A link is used up by whoever asks for it: asking for the headers alone must not do that.
const page = { schema: { hide: true }, exposeHeadRoute: false };

const lead = (reply: FastifyReply, path: string): FastifyReply =>
  reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer").redirect(path);

const sorry = (reply: FastifyReply, fault: string): FastifyReply =>
  lead(reply, `/console/sign-in?fault=${fault}`);

/** Does what leads to a page; where something that it needs is away, a page says so too. */
const leading = async (reply: FastifyReply, work: () => Promise<FastifyReply>) => {
  try {
    return await work();
  } catch (thrown) {
    const away = isUnreachable(thrown) || (thrown instanceof Failure && thrown.retryable);
    if (away) return sorry(reply, "away");
    throw thrown;
  }
};

const oidcRoutes = (api: Api, signIn: SignIn): void => {
  const { oidc } = signIn;
  if (oidc === undefined) return;
  const trip = (reply: FastifyReply, value: string, maxAgeS: number, secure: boolean) =>
    setCookie(reply, {
      name: tripCookie,
      value,
      maxAgeS,
      path: "/sign-in",
      // Another site leads back here, and the cookie must come along.
      sameSite: "Lax",
      secure,
    });
  const leave = { ...page, schema: { hide: true, querystring: Type.Object({ to: text }) } };
  api.get("/sign-in/oidc", leave, (request, reply) =>
    leading(reply, async () => {
      const base = signIn.baseUrl(request.headers);
      const { to = "" } = request.query;
      const going = await oidc.leave(`${base}${callback}`, screen.test(to) ? to : "/console/");
      trip(reply, going.trip, tripMaxS, base.startsWith("https:"));
      return lead(reply, going.url);
    }),
  );
  api.get(callback, page, (request, reply) =>
    leading(reply, async () => {
      const url = new URL(request.url, signIn.baseUrl(request.headers));
      const back = await oidc.comeBack(url, cookieOf(request.headers, tripCookie));
      if (typeof back === "string") return sorry(reply, back);
      await signIn.welcome(reply, back.person, "oidc");
      return lead(reply, back.backTo);
    }),
  );
};

const text = Type.Optional(Type.String({ maxLength: 2_000 }));
const link = { ...page, schema: { hide: true, querystring: Type.Object({ code: text }) } };

/** One-time links, and the way to another server and back. */
export const signInRoutes =
  (signIn: SignIn): Route =>
  (api) => {
    api.get("/sign-in", link, (request, reply) =>
      leading(reply, async () => {
        const found = await signIn.byLink(request.query.code ?? "");
        if (typeof found === "string") return sorry(reply, found);
        await signIn.welcome(reply, found, "link");
        return lead(reply, "/console/");
      }),
    );
    oidcRoutes(api, signIn);
  };
