import { parseArgs } from "node:util";
import type pg from "pg";
import type { Config } from "../config.ts";
import { migrate, openPool, patiently, postgresAddress } from "../db.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { createKey, type KeyHolder, keyOf, listKeys, revokeKey } from "../keys.ts";
import { type Command, print, say } from "./command.ts";
import { table } from "./table.ts";

/** Works on the tables of the space, which are brought up to date first. */
export const withTables = async <T>(config: Config, work: (pool: pg.Pool) => Promise<T>) => {
  const { url } = locateServers(config, ["postgres"]).postgres;
  const own = { ...config, databaseUrl: url };
  const pool = openPool(own);
  const signal = AbortSignal.timeout(10_000);
  try {
    const patience = { address: postgresAddress(own), say, signal };
    await patiently(() => migrate(pool, config.space), patience);
    return await work(pool);
  } finally {
    await pool.end();
  }
};

/** Whose key it is: who does something at the command line, until there is sign-in there. */
export const holderOf = async (pool: pg.Pool, secret: string | undefined): Promise<KeyHolder> => {
  if (secret === undefined)
    throw failure(
      "ARGUMENT_WRONG",
      "Nobody says who does this",
      "Set BELLWETHER_KEY to your key, or give --by <key>; keys create makes one.",
    );
  const holder = await keyOf(pool, secret);
  if (holder) return holder;
  throw failure(
    "ARGUMENT_WRONG",
    "The key is not known, or was revoked",
    "Give one that ./bellwether keys list shows as in use.",
  );
};

const usage =
  "Such as: keys create --name ada --role lead, the same with --scopes predict,events, " +
  "keys list, keys revoke ada.";

/** `keys create --name N --role R [--scopes a,b] | list | revoke N`: who may call the API. */
export const keys: Command = async (args, { config }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: "string" },
      role: { type: "string" },
      scopes: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [what, named] = positionals;
  const name = values.name ?? named;
  if (what === "list") return withTables(config, (pool) => list(pool, values.json));
  if (what === "revoke" && name !== undefined)
    return withTables(config, async (pool) => {
      await revokeKey(pool, name);
      say(`The key of ${name} is of no use any more.`);
      return 0;
    });
  const { role } = values;
  if (what !== "create" || name === undefined || role === undefined)
    throw failure("ARGUMENT_WRONG", "keys needs create with --name and --role, or list", usage);
  return withTables(config, async (pool) => {
    const scopes = values.scopes?.split(",").map((scope) => scope.trim());
    const secret = await createKey(pool, { name, role, scopes });
    if (values.json) print(JSON.stringify({ name, role, scopes, key: secret }));
    else {
      print(secret);
      say(`This is the key of ${name}, with role ${role}. It is shown this once only.`);
    }
    return 0;
  });
};

const list = async (pool: pg.Pool, json: boolean): Promise<number> => {
  const found = await listKeys(pool);
  if (json) print(JSON.stringify(found));
  else if (found.length === 0) say("No keys yet. Make one: keys create --name ada --role lead.");
  else {
    const titles = ["name", "role", "scopes", "created", "revoked"];
    print(
      table(
        titles,
        found.map((k) => [k.name, k.role, k.scopes?.join(", ") ?? "all", k.createdAt, k.revokedAt]),
      ),
    );
  }
  return 0;
};
