import { hash, randomBytes } from "node:crypto";
import type pg from "pg";
import { failure } from "./errors.ts";
import { asRole, checkName } from "./serve/names.ts";
import { scopes as knownScopes, type Role } from "./serve/permissions.ts";

/** Whoever holds a key, as records name them. */
export type KeyHolder = {
  readonly name: string;
  readonly role: Role;
  /** The groups of routes that it is for; without them, all that its role may use. */
  readonly scopes?: readonly string[] | null;
};
/** Throws KEY_SCOPE_WRONG and KEY_ROLE_WRONG for a key that is not whole, or of another role. */
export const allow = (holder: KeyHolder, roles: readonly Role[]): void => {
  if (holder.scopes) throw failure("KEY_SCOPE_WRONG", holder.scopes.join(", "));
  if (!roles.includes(holder.role)) throw failure("KEY_ROLE_WRONG", holder.role, roles.join(", "));
};

export type ListedKey = KeyHolder & { readonly createdAt: Date; readonly revokedAt: Date | null };

type Db = Pick<pg.Pool, "query">;

/** A key is 256 random bits, so a plain hash of it cannot be searched for. */
const hashed = (secret: string): string => hash("sha256", secret, "hex");
const secretForm = /^bw_[A-Za-z0-9_-]{43}$/;

const checkScopes = (given: readonly string[]): void => {
  const unknown = given.find((scope) => !Object.hasOwn(knownScopes, scope));
  if (unknown === undefined) return;
  throw failure(
    "ARGUMENT_WRONG",
    `There is no scope "${unknown}"`,
    `Give some of ${Object.keys(knownScopes).join(", ")}, or none for all that the role may do.`,
  );
};

/**
 * Makes a key and returns its secret, which is not kept and cannot be shown again. A name is given
 * once and for all. Throws ARGUMENT_WRONG for a name that is taken or unfit, or an unknown role.
 */
export const createKey = async (
  db: Db,
  { name, role, scopes }: { name: string; role: string; scopes?: readonly string[] },
): Promise<string> => {
  const known = asRole(role);
  checkName(name, "a key");
  if (scopes) checkScopes(scopes);
  const secret = `bw_${randomBytes(32).toString("base64url")}`;
  const { rowCount } = await db.query(
    `insert into api_keys (name, role, hash, scopes) values ($1, $2, $3, $4)
     on conflict (name) do nothing`,
    [name, known, hashed(secret), scopes ?? null],
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
    "select name, role, scopes from api_keys where hash = $1 and revoked_at is null",
    [hashed(secret)],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  const { name, role, scopes } = found;
  return scopes ? { name, role, scopes } : { name, role };
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
    `select name, role, scopes, created_at as "createdAt", revoked_at as "revokedAt"
       from api_keys order by name`,
  );
  return rows;
};
