import type pg from "pg";
import { failure } from "../errors.ts";
import type { Caller } from "./access.ts";
import { asRole, checkName } from "./names.ts";
import { checkPassword, hashPassword, isPassword } from "./passwords.ts";
import type { Role } from "./permissions.ts";
import { endSessionsOf } from "./sessions.ts";

/** People who sign in with a name and a password of this server. */
type Db = Pick<pg.Pool, "query">;

export type ListedUser = {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
};

const unknown = (name: string) =>
  failure(
    "ARGUMENT_WRONG",
    `There is no user "${name}"`,
    "Run ./bellwether users list for the names.",
  );

/** Makes a user. Throws ARGUMENT_WRONG for a name that is taken or unfit, a role, a password. */
export const createUser = async (
  db: Db,
  { name, role, password }: { name: string; role: string; password: string },
): Promise<void> => {
  checkName(name, "a user");
  const known = asRole(role);
  checkPassword(password);
  const { rowCount } = await db.query(
    "insert into users (name, role, password) values ($1, $2, $3) on conflict (name) do nothing",
    [name, known, await hashPassword(password)],
  );
  if (rowCount === 1) return;
  throw failure(
    "ARGUMENT_WRONG",
    `There is a user named "${name}", or was one`,
    "Choose another name, or give a new password: users password.",
  );
};

/** Gives a user another password; whoever is signed in under the name is signed out. */
export const changePassword = async (db: Db, name: string, password: string): Promise<void> => {
  checkPassword(password);
  const { rowCount } = await db.query(
    "update users set password = $2, disabled_at = null where name = $1",
    [name, await hashPassword(password)],
  );
  if (rowCount === 0) throw unknown(name);
  await endSessionsOf(db, name);
};

/** Lets a user in no more, and ends their sessions at once. */
export const disableUser = async (db: Db, name: string): Promise<void> => {
  const { rowCount } = await db.query(
    "update users set disabled_at = coalesce(disabled_at, now()) where name = $1",
    [name],
  );
  if (rowCount === 0) throw unknown(name);
  await endSessionsOf(db, name);
};

export const listUsers = async (db: Db): Promise<ListedUser[]> => {
  const { rows } = await db.query<ListedUser>(
    `select name, role, created_at as "createdAt", disabled_at as "disabledAt"
       from users order by name`,
  );
  return rows;
};

/** Who has this name and password; undefined takes as long to find out. */
export const userOf = async (
  db: Db,
  name: string,
  password: string,
): Promise<Caller | undefined> => {
  const { rows } = await db.query<Caller & { password: string }>(
    "select name, role, password from users where name = $1 and disabled_at is null",
    [name],
  );
  const [user] = rows;
  const right = await isPassword(password, user?.password);
  return right ? { name: user.name, role: user.role } : undefined;
};
