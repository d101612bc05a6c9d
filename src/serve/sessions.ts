import { hash, randomBytes } from "node:crypto";
import type pg from "pg";
import type { Caller } from "./access.ts";
import type { Role } from "./permissions.ts";

type Db = Pick<pg.Pool, "query">;

/** Secrets of 256 random bits: a plain hash of one cannot be searched for. */
export const newSecret = (): string => randomBytes(32).toString("base64url");
export const hashed = (secret: string): string => hash("sha256", secret, "hex");
const secretForm = /^[A-Za-z0-9_-]{43}$/;

/** Who is signed in with this token; undefined for one that is unknown, expired or revoked. */
export const sessionOf = async (db: Db, token: string): Promise<Caller | undefined> => {
  if (!secretForm.test(token)) return undefined;
  const { rows } = await db.query<{ name: string; role: Role; stale: boolean }>({
    name: "session",
    text: `select name, role, seen_at < now() - interval '1 minute' as stale from sessions
      where hash = $1 and revoked_at is null and expires_at > now()`,
    values: [hashed(token)],
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  const { name, role, stale } = found;
  if (stale) await db.query("update sessions set seen_at = now() where hash = $1", [hashed(token)]);
  return { name, role };
};
