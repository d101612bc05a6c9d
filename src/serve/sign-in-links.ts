import type pg from "pg";
import type { Caller } from "./access.ts";
import { asRole, checkName } from "./names.ts";
import { hashed, isSecret, newSecret } from "./sessions.ts";

/** A link that signs somebody in once: whoever may run commands here may come in as anybody. */
type Db = Pick<pg.Pool, "query">;

export const linkMaxMinutes = 10;

/** Makes a link's code, which works once and not for long. Throws ARGUMENT_WRONG. */
export const makeLink = async (
  db: Db,
  { name, role }: { name: string; role: string },
): Promise<string> => {
  checkName(name, "a person");
  const known = asRole(role);
  const code = newSecret();
  await db.query(
    `insert into sign_in_links (hash, name, role, expires_at)
     values ($1, $2, $3, now() + make_interval(mins => $4))`,
    [hashed(code), name, known, linkMaxMinutes],
  );
  await db.query("delete from sign_in_links where expires_at < now() - interval '7 days'");
  return code;
};

/** The whole link, for a browser. */
export const linkUrl = (base: string, code: string): string =>
  `${base.replace(/\/+$/, "")}/sign-in?code=${code}`;

/** Why a link does not sign anybody in. */
export type LinkFault = "link-used" | "link-expired" | "link-unknown";

/** Uses a link up: whom it signs in, or why it does not. */
export const takeLink = async (db: Db, code: string): Promise<Caller | LinkFault> => {
  if (!isSecret(code)) return "link-unknown";
  const { rows: taken } = await db.query<Caller>(
    `update sign_in_links set used_at = now()
     where hash = $1 and used_at is null and expires_at > now() returning name, role`,
    [hashed(code)],
  );
  if (taken.length > 0) return taken[0];
  const { rows } = await db.query<{ used: boolean }>(
    "select used_at is not null as used from sign_in_links where hash = $1",
    [hashed(code)],
  );
  if (rows.length === 0) return "link-unknown";
  return rows[0].used ? "link-used" : "link-expired";
};
