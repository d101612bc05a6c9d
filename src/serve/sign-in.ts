import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import type pg from "pg";
import { failure } from "../errors.ts";
import { type Caller, cookieOf, sessionCookieOf } from "./access.ts";
import type { AccessLog } from "./access-log.ts";
import { Attempts } from "./attempts.ts";
import { setCookie } from "./cookies.ts";
import type { SessionAnswer, SessionsAnswer } from "./messages/session.ts";
import type { Oidc } from "./oidc.ts";
import { permissions, type Role } from "./permissions.ts";
import {
  beginSession,
  type CameBy,
  endSession,
  listSessions,
  readSession,
  revokeSession,
} from "./sessions.ts";
import { type LinkFault, takeLink } from "./sign-in-links.ts";
import { userOf } from "./users.ts";

export type SignInPlace = {
  readonly pool: pg.Pool;
  readonly log: AccessLog;
  readonly space: string;
  readonly sessionMaxHours: number;
  /** Where people reach the API, where that is not this machine. */
  readonly publicUrl: string | undefined;
  readonly oidc: Oidc | undefined;
  /** Whether the people of the space are simulated. */
  readonly simulated: () => Promise<boolean>;
  readonly now?: () => number;
};

const ways = { password: "with a password", link: "by a link", oidc: "by another server" } as const;
const failuresMost = { name: 5, address: 20 } as const;

/** What somebody may do, by the names of routes. */
const routesOf = ({ role }: { role: Role }): string[] =>
  Object.entries(permissions).flatMap(([route, roles]) =>
    role === "admin" || roles === "open" || roles.includes(role) ? [route] : [],
  );

/** People come in, are known, and go. */
export class SignIn {
  readonly #place: SignInPlace;
  readonly #attempts: Attempts;

  constructor(place: SignInPlace) {
    this.#place = place;
    this.#attempts = new Attempts(place.now ?? Date.now);
  }

  get oidc(): Oidc | undefined {
    return this.#place.oidc;
  }

  /** The address that the browser used, for links that lead back here. */
  baseUrl({ host }: IncomingHttpHeaders): string {
    return this.#place.publicUrl?.replace(/\/+$/, "") ?? `http://${host}`;
  }

  #tokenIn(headers: IncomingHttpHeaders): string | undefined {
    return cookieOf(headers, sessionCookieOf(this.#place.space));
  }

  /** Begins a session in place of the browser's last one, and gives it the cookie. */
  async welcome(reply: FastifyReply, person: Caller, cameBy: CameBy): Promise<void> {
    const { pool, sessionMaxHours, log } = this.#place;
    const earlier = this.#tokenIn(reply.request.headers);
    if (earlier !== undefined) await endSession(pool, earlier);
    const token = await beginSession(pool, { ...person, cameBy }, sessionMaxHours);
    this.#giveCookie(reply, token, sessionMaxHours * 3_600);
    log.note(person, { what: "signed_in", detail: ways[cameBy] });
  }

  #giveCookie(reply: FastifyReply, value: string, maxAgeS: number): void {
    const secure = this.#place.publicUrl?.startsWith("https:") ?? false;
    setCookie(reply, {
      name: sessionCookieOf(this.#place.space),
      value,
      maxAgeS,
      path: "/",
      sameSite: "Strict",
      secure,
    });
  }

  /**
   * Whose name and password these are. Throws SIGN_IN_WRONG, SIGN_IN_WAIT after several failures,
   * SIGN_IN_BUSY.
   */
  async byPassword(name: string, password: string, address: string): Promise<Caller> {
    const places = [
      { key: `name ${name}`, freeMost: failuresMost.name, shared: false },
      { key: `address ${address}`, freeMost: failuresMost.address, shared: true },
    ];
    this.#attempts.begin(places);
    const { pool, log } = this.#place;
    const person = await userOf(pool, name, password).catch((thrown) => {
      this.#attempts.undone(places);
      throw thrown;
    });
    if (person === undefined) {
      // What was typed as a name may be a password: a record names only who there is.
      const { rows } = await pool.query<Caller>("select name, role from users where name = $1", [
        name,
      ]);
      const tried = rows[0] ?? { name: "unknown", role: "none" };
      log.note(tried, { what: "sign_in_failed", detail: ways.password });
      throw failure("SIGN_IN_WRONG");
    }
    this.#attempts.succeeded(places);
    return person;
  }

  /** Whom a link signs in, or why it does not. */
  byLink(code: string): Promise<Caller | LinkFault> {
    return takeLink(this.#place.pool, code);
  }

  /** Who asks, as the console shows it. */
  async describe(caller: Caller, headers: IncomingHttpHeaders): Promise<SessionAnswer> {
    const { pool, space, simulated } = this.#place;
    const token = this.#tokenIn(headers);
    const session = token === undefined ? undefined : await readSession(pool, token);
    return {
      name: caller.name,
      role: caller.role,
      space,
      simulated: await simulated(),
      expires_at: session?.expires_at.toISOString() ?? null,
      may: routesOf(caller),
    };
  }

  /** Ends the session of the browser that asks. */
  async leave(reply: FastifyReply, headers: IncomingHttpHeaders): Promise<void> {
    const token = this.#tokenIn(headers);
    this.#giveCookie(reply, "", 0);
    const person = token && (await endSession(this.#place.pool, token));
    if (person) this.#place.log.note(person, { what: "signed_out" });
  }

  async list(caller: Caller, headers: IncomingHttpHeaders): Promise<SessionsAnswer> {
    const { pool } = this.#place;
    const token = this.#tokenIn(headers);
    const own = token === undefined ? undefined : await readSession(pool, token);
    const sessions = await listSessions(pool, caller);
    return {
      sessions: sessions.map((session) => ({
        ...session,
        created_at: session.created_at.toISOString(),
        seen_at: session.seen_at.toISOString(),
        expires_at: session.expires_at.toISOString(),
        own: session.id === own?.id,
      })),
    };
  }

  /** Ends a session: anybody's for an admin, else one's own. */
  async revoke(id: string, caller: Caller): Promise<void> {
    const { name } = await revokeSession(this.#place.pool, id, caller);
    this.#place.log.note(caller, { what: "session_revoked", detail: `of ${name}` });
  }

  /** Whether anybody can sign in with a password. */
  async hasUsers(): Promise<boolean> {
    const { pool } = this.#place;
    return (await pool.query("select from users where disabled_at is null limit 1")).rowCount === 1;
  }
}
