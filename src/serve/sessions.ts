import { hash, randomBytes } from "node:crypto";
import type pg from "pg";
import { failure } from "../errors.ts";
import type { Caller } from "./access.ts";
import type { Role } from "./permissions.ts";

/**
 * Who is signed in. The browser alone has a session's token; the table knows its hash, so that
 * whoever reads the table cannot come in with it.
 */
type Db = Pick<pg.Pool, "query">;

export type CameBy = "password" | "link" | "oidc";
export type Session = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly came_by: CameBy;
  readonly created_at: Date;
  readonly seen_at: Date;
  readonly expires_at: Date;
};

const listedMost = 500;

/** Secrets of 256 random bits: a plain hash of one cannot be searched for. */
export const newSecret = (): string => randomBytes(32).toString("base64url");
export const hashed = (secret: string): string => hash("sha256", secret, "hex");
const secretForm = /^[A-Za-z0-9_-]{43}$/;
export const isSecret = (text: string): boolean => secretForm.test(text);

/** Begins a session and answers its token, which is not kept. */
export const beginSession = async (
  db: Db,
  person: Caller & { cameBy: CameBy },
  maxHours: number,
): Promise<string> => {
  const token = newSecret();
  await db.query(
    `insert into sessions (hash, name, role, came_by, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(hours => $5))`,
    [hashed(token), person.name, person.role, person.cameBy, maxHours],
  );
  // Those that ended long ago are of no use to anybody.
  await db.query("delete from sessions where expires_at < now() - interval '30 days'");
  return token;
};

const columns = "id, name, role, came_by, created_at, seen_at, expires_at";
const inUse = "revoked_at is null and expires_at > now()";

/** The session with this token; undefined for one that is unknown, expired or revoked. */
export const readSession = async (db: Db, token: string): Promise<Session | undefined> => {
  if (!isSecret(token)) return undefined;
  const { rows } = await db.query<Session & { stale: boolean }>({
    name: "session",
    text: `select ${columns}, seen_at < now() - interval '1 minute' as stale
      from sessions where hash = $1 and ${inUse}`,
    values: [hashed(token)],
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  const { stale, ...session } = found;
  if (stale) await db.query("update sessions set seen_at = now() where id = $1", [session.id]);
  return session;
};

/** Who is signed in with this token; undefined for one that is unknown, expired or revoked. */
export const sessionOf = async (db: Db, token: string): Promise<Caller | undefined> => {
  const session = await readSession(db, token);
  return session && { name: session.name, role: session.role };
};

/** Sessions that are in use, the newest first: everybody's for an admin, else one's own. */
export const listSessions = async (db: Db, { name, role }: Caller): Promise<Session[]> => {
  const { rows } = await db.query<Session>(
    `select ${columns} from sessions where ${inUse} and ($1 or name = $2)
     order by created_at desc limit ${listedMost}`,
    [role === "admin", name],
  );
  return rows;
};

/** Ends a session: anybody's for an admin, else one's own. Throws SESSION_UNKNOWN. */
export const revokeSession = async (db: Db, id: string, by: Caller): Promise<Session> => {
  const { rows } = await db.query<Session>(
    `update sessions set revoked_at = now() where id = $1 and ${inUse} and ($2 or name = $3)
     returning ${columns}`,
    [id, by.role === "admin", by.name],
  );
  if (rows.length === 0) throw failure("SESSION_UNKNOWN");
  return rows[0];
};

/** Ends the session with this token; answers whose it was, if it was still in use. */
export const endSession = async (db: Db, token: string): Promise<Caller | undefined> => {
  const { rows } = await db.query<Caller>(
    `update sessions set revoked_at = now() where hash = $1 and ${inUse} returning name, role`,
    [hashed(token)],
  );
  return rows[0];
};

/** Ends every session of a person. */
export const endSessionsOf = async (db: Db, name: string): Promise<void> => {
  await db.query(`update sessions set revoked_at = now() where name = $1 and ${inUse}`, [name]);
};
