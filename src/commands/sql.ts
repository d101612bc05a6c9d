import pg from "pg";
import { schemaOf } from "../db.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { type Command, print, say } from "./command.ts";
import { table } from "./table.ts";

/** Postgres's codes for a lost or refused connection, as Node and the server give them. */
const unreachable = /^(ECONN|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|57P0|08)/;

const addressOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return "the address in DATABASE_URL";
  }
};

const printResult = ({ fields, rows, command, rowCount }: pg.QueryArrayResult): void => {
  if (fields.length === 0) {
    say(`${command} ${rowCount ?? ""}`.trim());
    return;
  }
  const names = fields.map((field) => field.name);
  print(table(names, rows));
  say(`${rows.length} ${rows.length === 1 ? "row" : "rows"}`);
};

const asObjects = ({ fields, rows }: pg.QueryArrayResult): Record<string, unknown>[] =>
  rows.map((row) => Object.fromEntries(fields.map((field, column) => [field.name, row[column]])));

const ask = async (client: pg.Client, query: string): Promise<pg.QueryArrayResult[]> => {
  try {
    const result = await client.query({ text: query, rowMode: "array" });
    // Several statements in one text give several results.
    return Array.isArray(result) ? result : [result];
  } catch (thrown) {
    const { message, position, hint } = thrown as pg.DatabaseError;
    const where = position ? ` at character ${position}` : "";
    throw failure("FAILED", `Postgres says: ${message}${where}.${hint ? ` ${hint}` : ""}`);
  }
};

const shownMax = 20;

/** A space that is not there must not be answered from another. */
const checkSpace = async (client: pg.Client, space: string): Promise<void> => {
  const { rows } = await client.query<{ name: string }>(
    "select nspname as name from pg_namespace where nspname like 'space\\_%' order by 1",
  );
  const others = rows.map(({ name }) => name.slice("space_".length));
  if (space === "live" || others.includes(space)) return;
  const shown = others.length > shownMax ? [...others.slice(0, shownMax), "…"] : others;
  throw failure(
    "ARGUMENT_WRONG",
    `There is no space "${space}" in this Postgres`,
    `Give one of ${["live", ...shown].join(", ")} with --space.`,
  );
};

/**
 * `sql '<query>' [--json]`: asks the configured Postgres, else the one that `up` runs, in the
 * space's schema. Stands in for psql, which a fresh machine does not have.
 */
export const sql: Command = async (args, { config }) => {
  const json = args.includes("--json");
  const unknown = args.find((arg) => arg !== "--json" && /^--[\w-]+$/.test(arg));
  if (unknown) throw failure("ARGUMENT_WRONG", `sql knows no "${unknown}"`, "Use --json.");
  const query = args.filter((arg) => arg !== "--json").join(" ");
  if (query.trim() === "")
    throw failure(
      "ARGUMENT_WRONG",
      "sql needs a query",
      `For example: ./bellwether sql 'select count(*) from risk_scores'.`,
    );
  const { url } = locateServers(config, ["postgres"]).postgres;
  // Times stay as Postgres writes them, and numbers that JavaScript cannot hold stay exact.
  const types = { getTypeParser: () => (text: unknown) => text };
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    options: `-c search_path=${schemaOf(config.space)} -c timezone=UTC`,
    types: json ? undefined : (types as pg.CustomTypesConfig),
  });
  try {
    await client.connect();
  } catch (thrown) {
    const { code = "", message } = thrown as Error & { code?: string };
    if (unreachable.test(code) || /timeout/.test(message))
      throw failure("POSTGRES_UNREACHABLE", addressOf(url));
    throw failure("FAILED", `Postgres refused: ${message}.`);
  }
  try {
    await checkSpace(client, config.space);
    const results = await ask(client, query);
    if (json) print(JSON.stringify(results.flatMap(asObjects), undefined, 2));
    else for (const result of results) printResult(result);
    return 0;
  } finally {
    await client.end();
  }
};
