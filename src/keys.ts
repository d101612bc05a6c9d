import { hash, randomBytes } from "node:crypto";
import type pg from "pg";
import { failure } from "./errors.ts";
import { type Role, roles } from "./serve/permissions.ts";

/** Whoever holds a key, as records name them. */
export type KeyHolder = { readonly name: string; readonly role: Role };
export type ListedKey = KeyHolder & { readonly createdAt: Date; readonly revokedAt: Date | null };

type Db = Pick<pg.Pool, "query">;

/** A key is 256 random bits, so a plain hash of it cannot be searched for. */
const hashed = (secret: string): string => hash("sha256", secret, "hex");
const secretForm = /^bw_[A-Za-z0-9_-]{43}$/;
const namePattern = /^[a-z][a-z0-9._-]{0,49}$/;

const asRole = (role: string): Role => {
  const found = roles.find((known) => known === role);
  if (found) return found;
  throw failure("ARGUMENT_WRONG", `There is no role "${role}"`, `Give one of ${roles.join(", ")}.`);
};

/**
 * Makes a key and returns its secret, which is not kept and cannot be shown again. A name is given
 * once and for all. Throws ARGUMENT_WRONG for a name that is taken or unfit, or an unknown role.
 */
export const createKey = async (
  db: Db,
  { name, role }: { name: string; role: string },
): Promise<string> => {
  const known = asRole(role);
  if (!namePattern.test(name))
    throw failure(
      "ARGUMENT_WRONG",
      `"${name}" is no name for a key`,
      "Use 1 to 50 lower-case letters, digits, dots, dashes, a letter first.",
    );
  const secret = `bw_${randomBytes(32).toString("base64url")}`;
  const { rowCount } = await db.query(
    "insert into api_keys (name, role, hash) values ($1, $2, $3) on conflict (name) do nothing",
    [name, known, hashed(secret)],
  );
  if (rowCount === 1) return secret;
  throw failure(
    "ARGUMENT_WRONG",
    `There is a key named "${name}", or was one`,
    "Choose another name: records may name the first.",
  );
};

/** Who holds this key; undefined for an unknown or revoked one. */
export const keyOf = async (db: Db, secret: string): Promise<KeyHolder | undefined> => {
  if (!secretForm.test(secret)) return undefined;
  const { rows } = await db.query<KeyHolder>(
    "select name, role from api_keys where hash = $1 and revoked_at is null",
    [hashed(secret)],
  );
  return rows[0];
};

/** Ends a key. Throws ARGUMENT_WRONG when no key of that name is in use. */
export const revokeKey = async (db: Db, name: string): Promise<void> => {
  const { rowCount } = await db.query(
    "update api_keys set revoked_at = now() where name = $1 and revoked_at is null",
    [name],
  );
  if (rowCount === 0)
    throw failure(
      "ARGUMENT_WRONG",
      `No key named "${name}" is in use`,
      "Run ./bellwether keys list for the names.",
    );
};

export const listKeys = async (db: Db): Promise<ListedKey[]> => {
  const { rows } = await db.query<ListedKey>(
    `select name, role, created_at as "createdAt", revoked_at as "revokedAt"
       from api_keys order by name`,
  );
  return rows;
};
