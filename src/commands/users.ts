import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { parseArgs } from "node:util";
import type pg from "pg";
import { failure } from "../errors.ts";
import { newPassword } from "../serve/passwords.ts";
import { changePassword, createUser, disableUser, listUsers } from "../serve/users.ts";
import { type Command, print, say } from "./command.ts";
import { withTables } from "./keys.ts";
import { table } from "./table.ts";

const usage = "Such as: users create --name ada --role lead, users list, users disable ada.";

/** A line that is typed unseen on a terminal, or the first line of what is piped in. */
const readLine = async (question: string): Promise<string> => {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write(question);
  // What is typed goes nowhere.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal });
  try {
    for await (const line of lines) return line;
    return "";
  } finally {
    lines.close();
    if (terminal) process.stderr.write("\n");
  }
};

type Password = { text: string; made: boolean };

/** From the terminal or a pipe, never from an argument, which other programs could read. */
const askPassword = async (generate: boolean): Promise<Password> => {
  const given = generate ? "" : await readLine("Password (empty: one is made): ");
  return given === "" ? { text: newPassword(), made: true } : { text: given, made: false };
};

const list = async (pool: pg.Pool, json: boolean): Promise<number> => {
  const found = await listUsers(pool);
  if (json) print(JSON.stringify(found));
  else if (found.length === 0) say("No users yet. Make one: users create --name ada --role lead.");
  else {
    const rows = found.map((user) => [user.name, user.role, user.createdAt, user.disabledAt]);
    print(table(["name", "role", "created", "disabled"], rows));
  }
  return 0;
};

type Given = { name: string; role?: string; generate: boolean; json: boolean };

const tell = ({ text, made }: Password, { name, json }: Given, says: string): number => {
  if (json) print(JSON.stringify({ name, password: made ? text : undefined }));
  else {
    if (made) print(text);
    say(made ? `${says} The password is shown this once only.` : says);
  }
  return 0;
};

const create = async (pool: pg.Pool, given: Given): Promise<number> => {
  const { name, role } = given;
  if (role === undefined) throw failure("ARGUMENT_WRONG", "users create needs --role", usage);
  const password = await askPassword(given.generate);
  await createUser(pool, { name, role, password: password.text });
  return tell(password, given, `${name} may sign in as ${role}.`);
};

const renew = async (pool: pg.Pool, given: Given): Promise<number> => {
  const password = await askPassword(given.generate);
  await changePassword(pool, given.name, password.text);
  return tell(password, given, `${given.name} has a new password, and is signed out everywhere.`);
};

/** `users create --name N --role R | list | disable N | password N`: who signs in by password. */
export const users: Command = async (args, { config }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: "string" },
      role: { type: "string" },
      generate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [what, named] = positionals;
  const { role, generate, json, name = named } = values;
  if (what === "list") return withTables(config, (pool) => list(pool, json));
  if (name === undefined || !["create", "disable", "password"].includes(what))
    throw failure("ARGUMENT_WRONG", "users needs create, list, disable or password", usage);
  const given = { name, role, generate, json };
  return withTables(config, async (pool) => {
    if (what === "create") return create(pool, given);
    if (what === "password") return renew(pool, given);
    await disableUser(pool, name);
    say(`${name} may not sign in any more, and is signed out everywhere.`);
    return 0;
  });
};
