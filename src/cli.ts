import type { Command } from "./commands/command.ts";
import {
  environment,
  envName,
  flagName,
  givenSettings,
  readConfig,
  type SettingName,
  settings,
  version,
} from "./config.ts";
import { Failure, failure, sentenceOf } from "./errors.ts";

/** Every command: how it is called, what it does, and its module, imported only when chosen. */
type Entry = { usage: string; says: string; load: () => Promise<Command> };

const commands: Record<string, Entry> = {
  up: {
    usage:
      "up [--import berka|uci-credit:<folder> [--once] [--take-undocumented]] " +
      "[--without role]… [--space name]",
    says: "Start everything, with a live summary",
    load: async () => (await import("./commands/up.ts")).up,
  },
  import: {
    usage: "import berka|uci-credit <folder> [--take-undocumented] [--space name]",
    says: "Write a folder of data into a space; `up` runs the line over it",
    load: async () => (await import("./commands/import.ts")).importFolder,
  },
  replay: {
    usage: "replay --space <name> [--of space] [--from time] [--to time] [--speed max|N] [--json]",
    says: "Stream a space's history into a space of its own, with the line running over it",
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  run: {
    usage: "run <process role>… [--slot N]",
    says: "Run one or several roles in this process",
    load: async () => (await import("./commands/run.ts")).run,
  },
  topics: {
    usage:
      "topics create|list|tail <topic> [--count N] [--from-beginning]|" +
      "acls [--principal-prefix bellwether-] [--json]",
    says: "The space's topics, and the ACLs that its roles need in a broker that asks for them",
    load: async () => (await import("./commands/topics.ts")).topics,
  },
  lag: {
    usage: "lag [--watch] [--json]",
    says: "How far each group is behind, in records and in seconds",
    load: async () => (await import("./commands/lag.ts")).lag,
  },
  features: {
    usage: "features export --as-of time | --seeds 1-4 [--out folder] … | parity [--sample N]",
    says: "Export features as they were or of simulated people; compare the stores with history",
    load: async () => (await import("./commands/features.ts")).features,
  },
  results: {
    usage: "results --data <folder> [--only berka,uci,simulator] [--out page.md] [--json]",
    says: "Evaluate the line on real and simulated data, and write docs/results.md",
    load: async () => (await import("./commands/results.ts")).results,
  },
  predict: {
    usage: "predict <customer_id>… [--features '{…}'] [--by key] [--json]",
    says: "Ask the running API to score customers now, also under other circumstances",
    load: async () => (await import("./commands/predict.ts")).predict,
  },
  model: {
    usage: "model predict|evaluate|card <model.json> [--rows file] | train --data folder --name n",
    says: "Score rows with a model file; judge it; show its card; train one on exported rows",
    load: async () => (await import("./commands/model.ts")).model,
  },
  notify: {
    usage: "notify preview <template> [--customer-json '{…}'] | unknown | send-again <id>",
    says: "What customers would read; messages of which nobody knows whether they were sent",
    load: async () => (await import("./commands/notify.ts")).notify,
  },
  erase: {
    usage:
      "erase <customer_id> --by <key> --reason <text> | --agree <approval> --by <another key> | " +
      "<customer_id> --check [--json]",
    says: "Erase a customer from everything, as two people agree; count what is left of one",
    load: async () => (await import("./commands/erase.ts")).erase,
  },
  graph: {
    usage: "graph [--json|--mermaid|--write]",
    says: "Who writes and reads what, computed from the map",
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  docs: {
    usage: "docs [--write]",
    says: "Say which computed pages are stale, or write them anew",
    load: async () => (await import("./commands/docs.ts")).docs,
  },
  "sign-in": {
    usage: "sign-in [--name <name>] [--role <role>] [--json]",
    says: "Print a link that signs somebody in to the running console, once",
    load: async () => (await import("./commands/sign-in.ts")).signIn,
  },
  users: {
    usage: "users create --name <name> --role <role>|list|disable <name>|password <name> [--json]",
    says: "People who sign in by password, which is asked for, piped in, or made with --generate",
    load: async () => (await import("./commands/users.ts")).users,
  },
  keys: {
    usage: "keys create --name <name> --role <role> [--scopes a,b]|list|revoke <name> [--json]",
    says: "Named keys for the API and for whoever activates a policy",
    load: async () => (await import("./commands/keys.ts")).keys,
  },
  policy: {
    usage: "policy draft <file>|diff <a> <b>|activate <policy> [--by key] [--at time]|list",
    says: "Versions of policies: one person drafts, another puts in force (keys: BELLWETHER_KEY)",
    load: async () => (await import("./commands/policy.ts")).policy,
  },
  sql: {
    usage: "sql '<query>' [--json]",
    says: "Ask Postgres",
    load: async () => (await import("./commands/sql.ts")).sql,
  },
  kafka: {
    usage: "kafka topics|consumer-groups|console-consumer|… <arguments>",
    says: "Run one of Kafka's own tools, with the address filled in",
    load: async () => (await import("./commands/kafka.ts")).kafka,
  },
  doctor: {
    usage: "doctor [--json]",
    says: "Say what is present, missing and running, and what to do",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  reset: {
    usage: "reset [--yes]",
    says: "Remove the embedded servers' data, after asking",
    load: async () => (await import("./commands/reset.ts")).reset,
  },
  test: {
    usage: "test [unit|kafka|pg|e2e] [files…]",
    says: "Check types and style and run the tests, all or some",
    load: async () => (await import("./commands/test.ts")).test,
  },
  simulate: {
    usage: "simulate transactions <batch> <delay_ms> [--space name]",
    says: "Plan the lives of simulated people in Postgres, and stream them from there",
    load: async () => (await import("./commands/simulate.ts")).simulate,
  },
  load: {
    usage: "load transactions --rate N --seconds S [--failed-share 0.2] [--json]",
    says: "Offer a steady load, and say how long until what it led to could be read",
    load: async () => (await import("./commands/load.ts")).load,
  },
  bench: {
    usage: "bench [--only w1,line,…] [--rounds 3] [--quick] [--data folder] [--peers folder]",
    says: "Measure, in turns with the peers: half an hour with 3 rounds; minutes with --quick",
    load: async () => (await import("./commands/bench.ts")).bench,
  },
};

export const commandNames: readonly string[] = Object.keys(commands);

/** Commands that hand every argument on to another program: no settings are taken out of them. */
const verbatim = new Set(["kafka"]);

const byFlag = new Map((Object.keys(settings) as SettingName[]).map((n) => [flagName(n), n]));

/** Takes `--setting value` and `--setting=value` out of the arguments. */
export const takeSettings = (args: string[]): { flags: Record<string, string>; rest: string[] } => {
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const [flag, ...value] = args[at].split("=");
    const name = byFlag.get(flag);
    if (name === undefined) {
      rest.push(args[at]);
      continue;
    }
    const given = value.length > 0 ? value.join("=") : args[++at];
    if (given === undefined) throw failure("ARGUMENT_WRONG", `${flag} lacks a value`, "Add it.");
    flags[name] = given;
  }
  return { flags, rest };
};

const columns = (rows: [string, string][]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
};

/** The whole `--help`: commands, then each setting with its flag, environment name and default. */
export const help = (): string => {
  const listed = Object.values(commands).map(({ usage, says }): [string, string] => [usage, says]);
  const set = (Object.keys(settings) as SettingName[]).map((name): [string, string] => {
    const { default: fallback, says, kind } = settings[name];
    const shown = fallback === undefined || kind === "secret" ? "" : ` (${fallback})`;
    return [`${flagName(name)}, ${envName(name)}`, `${says}${shown}`];
  });
  return [
    "Bellwether notices in the stream of a customer's own events that trouble is ahead,",
    "says why, and acts once.",
    `\nCommands\n${columns(listed)}`,
    `\nSettings, as flag, in the environment or in .env (default)\n${columns(set)}`,
  ].join("\n");
};

/** Whether an error that nobody foresaw is shown with where it is from. */
let debugging = false;

/** What is wrong with the arguments of a command, as ours; undefined for any other failure. */
const argumentsWrong = (thrown: unknown, usage: string): Failure | undefined => {
  const { code, message = "" } = thrown as { code?: string; message?: string };
  if (!code?.startsWith("ERR_PARSE_ARGS_")) return undefined;
  const [what] = message.split(/\. |\.?\n|\.$/);
  return failure("ARGUMENT_WRONG", what, `Use: ./bellwether ${usage}`);
};

/** A file that this user may not write, as ours; undefined for any other failure. */
const fileRefused = (thrown: unknown): Failure | undefined => {
  const { code, path } = thrown as NodeJS.ErrnoException;
  const isRefusal = code === "EACCES" || code === "EPERM" || code === "EROFS";
  return isRefusal && path !== undefined ? failure("FILE_REFUSED", path, code) : undefined;
};

/** Runs one command; resolves with the exit code. */
export const run = async ([name, ...args]: string[]): Promise<number> => {
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    process.stdout.write(`${help()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) throw failure("COMMAND_UNKNOWN", name);
  const { usage, says, load } = commands[name];
  const { flags, rest } = verbatim.has(name) ? { flags: {}, rest: args } : takeSettings(args);
  if (!verbatim.has(name) && (rest.includes("--help") || rest.includes("-h"))) {
    process.stdout.write(`./bellwether ${usage}\n  ${says}\n`);
    return 0;
  }
  const env = environment();
  const config = readConfig(flags, env);
  debugging = config.logLevel === "debug";
  const command = await load();
  return command(rest, { config, given: givenSettings(flags, env) }).catch((thrown) => {
    throw argumentsWrong(thrown, usage) ?? fileRefused(thrown) ?? thrown;
  });
};

/** A reader that has seen enough, as `| head`, is no failure. */
process.stdout.on("error", (thrown: NodeJS.ErrnoException) => {
  if (thrown.code === "EPIPE") process.exit(0);
  throw thrown;
});

/** Ends with the code once what was written has left: a pipe may still hold some of it. */
const end = (code: number): void => {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
};

if (import.meta.main) {
  run(process.argv.slice(2)).then(end, (thrown) => {
    process.stderr.write(`${sentenceOf(thrown)}\n`);
    if (!(thrown instanceof Failure) && debugging) console.error(thrown);
    end(thrown instanceof Failure ? thrown.exit : 1);
  });
}
