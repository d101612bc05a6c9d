import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { failure } from "./errors.ts";

/**
 * Every setting once: kind, default, one sentence. The environment name, the flag, `--help`,
 * docs/settings.md and .env.example are all derived from this table.
 * A name that ends in a unit is a number in that unit.
 */
type Kind = "text" | "number" | "flag" | "secret" | "folder";
export type Setting = {
  kind: Kind;
  default: string | number | boolean | undefined;
  says: string;
  /** Further names that are accepted from the environment. */
  also?: string[];
  env?: string;
  min?: number;
  max?: number;
  oneOf?: readonly string[];
  matches?: RegExp;
  cure?: string;
};

/** The checkout. Default folders lie in it; a folder that is given is relative to the caller. */
export const root = dirname(import.meta.dirname);
/** The release that runs: it stands in the header of every record that a processor writes. */
export const version: string = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;

type More = Omit<Partial<Setting>, "kind" | "default" | "says">;
const worded =
  <K extends Kind>(kind: K) =>
  <D extends string | undefined>(fallback: D, says: string, more: More = {}) =>
    ({ ...more, kind, default: fallback, says }) as const;
const text = worded("text");
const secret = worded("secret");
const folder = worded("folder");
const number = (fallback: number, says: string, more: More = {}) =>
  ({ min: 0, ...more, kind: "number", default: fallback, says }) as const;

/** Personal data leaves this machine encrypted or not at all. */
const ownOrEncrypted = /^(https:\/\/.|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/;
const encryptedCure = "give https://…, or http:// on this machine";

export const settings = {
  kafkaBootstrapServers: text(
    undefined,
    "Kafka's addresses; unset: an embedded broker is started",
    {
      also: ["KAFKA_BROKER"],
      matches: /^[^\s,]+:\d+(,[^\s,]+:\d+)*$/,
      cure: "give host:port, several parted by commas",
    },
  ),
  databaseUrl: secret(
    undefined,
    "Postgres as one URL; unset: POSTGRES_HOST, else an embedded server",
    {
      matches: /^postgres(ql)?:\/\//,
      cure: "give postgres://user:password@host:port/database",
    },
  ),
  postgresHost: text(undefined, "Postgres's host, if DATABASE_URL is unset"),
  postgresPort: number(5432, "Postgres's port", { min: 1, max: 65535 }),
  postgresDb: text("bellwether", "Postgres's database"),
  postgresUser: text("postgres", "Postgres's user"),
  postgresPassword: secret("bellwether", "Postgres's password"),
  redisHost: text(undefined, "Redis's host; unset: an embedded server is started"),
  redisPort: number(6379, "Redis's port", { min: 1, max: 65535 }),
  redisPassword: secret(undefined, "Redis's password"),
  space: text("live", "The space to work in: a prefix for topics, groups and tables", {
    matches: /^[a-z][a-z0-9]{0,19}$/,
    cure: "use 1 to 20 lower-case letters and digits, starting with a letter, not public or kafka",
  }),
  port: number(8000, "The API's port on the loopback interface", { max: 65535 }),
  apiKeysRequired: text("no", "Whether programs need a key, as yes or no; with PUBLIC_URL always", {
    oneOf: ["yes", "no"],
  }),
  publicUrl: text(
    undefined,
    "Where people reach the API through a proxy; programs then need keys; unset: here only",
    {
      matches: ownOrEncrypted,
      cure: encryptedCure,
    },
  ),
  sessionMaxHours: number(12, "How long somebody stays signed in", { min: 1, max: 720 }),
  oidcIssuer: text(undefined, "The OpenID Connect server that signs people in; unset: none", {
    matches: ownOrEncrypted,
    cure: encryptedCure,
  }),
  oidcClientId: text(undefined, "How OIDC_ISSUER knows this product"),
  oidcClientSecret: secret(undefined, "The secret for OIDC_CLIENT_ID"),
  oidcNameClaim: text("preferred_username", "The claim that gives people their names in records"),
  oidcRoleClaim: text("groups", "The claim whose values OIDC_ROLES makes roles of"),
  oidcRoles: text(undefined, "Which value of OIDC_ROLE_CLAIM gives which role, the first counts", {
    matches: /^[^=,]+=\w+(,[^=,]+=\w+)*$/,
    cure: "give value=role, several parted by commas, such as risk-team=analyst,it=engineer",
  }),
  dataFolder: folder(".bellwether", "Where servers, locks and progress are kept"),
  archiveFolder: folder(undefined, "Where the archive is kept; unset: in the data folder"),
  archiveFileMaxBytes: number(2_000_000, "A file of the archive is closed at so many bytes", {
    min: 1_000,
  }),
  modelsFolder: folder("models", "Where model files are found, by hash"),
  platformFile: folder(
    "deploy/platform/reference-bank.json",
    "The file that tells the platform around the product, for the console's Architecture",
  ),
  logLevel: text(
    "info",
    "What is said: info; with debug also simulated messages, and where an unforeseen error is from",
    { oneOf: ["info", "debug"] },
  ),
  currency: text("EUR", "The currency of a transaction that names none", {
    matches: /^[A-Z]{3}$/,
    cure: "use a code of ISO 4217 such as EUR",
  }),
  replication: number(1, "Replicas of each topic", { min: 1, max: 9 }),
  retentionDays: number(
    7,
    "How long Kafka keeps events, in topics that are created from then on; the archive has them " +
      "longer, and compacted topics for ever",
    // Tombstones stay for six weeks, and must outlive what they erase.
    { min: 1, max: 28 },
  ),
  commitMinIntervalMs: number(5, "The least time between two commits of a processor"),
  commitMaxIntervalMs: number(250, "The longest time between two commits of a processor", {
    min: 1,
  }),
  commitMaxRecords: number(50_000, "The most records in one commit of a processor", { min: 1 }),
  disorderMs: number(60_000, "How far events may be out of order before a deadline fires", {}),
  recordMaxBytes: number(1_000_000, "A larger record goes to dead letters", {
    min: 1_000,
    max: 5_000_000,
  }),
  stateRowMaxBytes: number(524_288, "A larger row of state sends its record to dead letters", {
    min: 1_000,
    max: 5_000_000,
  }),
  drainMaxMs: number(8_000, "How long a stop may take to finish what is in flight"),
  smsUrl: secret(
    undefined,
    "Where text messages are posted, in the live space only; unset: simulated",
    { matches: ownOrEncrypted, cure: encryptedCure },
  ),
  smsToken: secret(undefined, "The bearer token for SMS_URL"),
  smsIdempotent: text("no", "Whether the provider sends once for one Idempotency-Key", {
    oneOf: ["yes", "no"],
  }),
  smtpUrl: secret(
    undefined,
    "The mail server, in the live space only; unset: e-mail is simulated",
    { matches: /^smtps?:\/\/./, cure: "give smtp://user:password@host:587, or smtps://" },
  ),
  smtpFrom: text("bellwether@localhost", "The sender of e-mails", {
    matches: /^[^\s@]+@[^\s@]+$/,
    cure: "give an address such as help@example.org",
  }),
  webhookUrl: secret(
    undefined,
    "Where messages for channel push are posted, in the live space only; unset: simulated",
    { matches: ownOrEncrypted, cure: encryptedCure },
  ),
  webhookSecret: secret(undefined, "The secret that signs what goes to WEBHOOK_URL", {
    matches: /^.{16,}$/,
    cure: "give at least 16 characters",
  }),
  webhookIdempotent: text("no", "Whether WEBHOOK_URL acts once for one Idempotency-Key", {
    oneOf: ["yes", "no"],
  }),
  callList: text("yes", "Whether the live space lists calls for people to make; no: simulated", {
    oneOf: ["yes", "no"],
  }),
  notifySender: text(undefined, "Who writes to customers, in messages; unset: their bank", {
    matches: /^[^{}<>]{1,40}$/,
    cure: "give at most 40 characters",
  }),
  notifyContact: text(undefined, "Where customers reach you, in messages", {
    matches: /^[^{}<>]{1,60}$/,
    cure: "give at most 60 characters",
  }),
  lateAfterMinutes: number(
    60,
    "What comes in so long after it happened is history: nothing is sent because of it; " +
      "0: all is, as in imports and replays",
    { max: 43_200 },
  ),
  sendMaxMs: number(10_000, "How long sending one message may take", { min: 100 }),
  simulatedCustomers: number(2_000, "People in the simulated live space", {
    min: 1,
    max: 1_000_000,
  }),
  simulatedHistoryDays: number(120, "Days of simulated history before now", { max: 3_650 }),
  simulatedSeed: number(1, "The seed of the simulated people"),
  simulatedLatePerMille: number(0, "Of 1,000 simulated transactions, how many come hours late", {
    max: 500,
  }),
  simulatedDuplicatesPerMille: number(0, "Of 1,000 simulated transactions, how many come twice", {
    max: 500,
  }),
  simulatedDoubleChargesPerMille: number(0, "Of 1,000 purchases, how many are charged twice", {
    max: 500,
  }),
  simulatedPoisonPerMille: number(0, "Records nobody can use, per 1,000 simulated transactions", {
    max: 500,
  }),
  bellwetherKey: secret(
    undefined,
    "Your own key, for commands that ask who you are; keys create makes one",
  ),
  bellwetherData: folder(undefined, "The folder with real data, for benchmarks and tests", {
    env: "BELLWETHER_DATA",
  }),
  bellwetherPeers: folder(undefined, "The folder with the peers, for benchmarks", {
    env: "BELLWETHER_PEERS",
  }),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
type ValueOf<K> = K extends "number" ? number : K extends "flag" ? boolean : string;
export type Config = {
  -readonly [N in SettingName]: undefined extends (typeof settings)[N]["default"]
    ? ValueOf<(typeof settings)[N]["kind"]> | undefined
    : ValueOf<(typeof settings)[N]["kind"]>;
};

export const envName = (name: SettingName): string =>
  (settings[name] as Setting).env ?? name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();
export const flagName = (name: SettingName): string =>
  `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

const wrong = (setting: Setting, raw: string): string | undefined => {
  if (setting.kind === "number") {
    const value = Number(raw);
    const [min, max] = [setting.min ?? 0, setting.max ?? Number.MAX_SAFE_INTEGER];
    if (raw.trim() === "" || !Number.isInteger(value) || value < min || value > max)
      return `give a whole number from ${min} to ${max}`;
  }
  if (setting.oneOf && !setting.oneOf.includes(raw))
    return `give one of ${setting.oneOf.join(", ")}`;
  if (setting.matches && !setting.matches.test(raw)) return setting.cure;
  return undefined;
};

/** Names in capitals that a `.env` file sets: NAME=value lines, `#` comments, optional quotes. */
export const readDotEnv = (path = join(root, ".env")): Record<string, string> => {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    const pairs = lines.flatMap((line) => {
      const found = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
      return found ? [[found[1], found[2].replace(/^(["'])(.*)\1$/, "$2")]] : [];
    });
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
};

type Environment = Record<string, string | undefined>;
/** What `.env` and the environment say, which goes before it. */
export const environment = (): Environment => ({ ...readDotEnv(), ...process.env });

/** What is given for a setting and by which name; undefined where it has its default. */
const givenFor = (
  name: SettingName,
  flags: Record<string, string>,
  env: Environment,
): { by: string; raw: string } | undefined => {
  if (flags[name] !== undefined) return { by: flagName(name), raw: flags[name] };
  const { also = [] }: Setting = settings[name];
  for (const by of [envName(name), ...also]) {
    const raw = env[by];
    if (raw !== undefined && raw !== "") return { by, raw };
  }
  return undefined;
};

/** The settings that somebody gave; the others have their defaults. */
export const givenSettings = (
  flags: Record<string, string> = {},
  env: Environment = environment(),
): ReadonlySet<SettingName> => {
  const names = Object.keys(settings) as SettingName[];
  return new Set(names.filter((name) => givenFor(name, flags, env) !== undefined));
};

/**
 * Reads the settings from flags, else the environment, else `.env`, else the defaults.
 * Throws SETTINGS_WRONG that lists every wrong one with its cure.
 */
export const readConfig = (
  flags: Record<string, string> = {},
  env: Environment = environment(),
): Config => {
  const config: Record<string, unknown> = {};
  const complaints: string[] = [];
  for (const name of Object.keys(settings) as SettingName[]) {
    const setting: Setting = settings[name];
    const given = givenFor(name, flags, env);
    if (given === undefined) {
      const inCheckout = setting.kind === "folder" && setting.default !== undefined;
      config[name] = inCheckout ? join(root, String(setting.default)) : setting.default;
      continue;
    }
    const { by, raw } = given;
    const cure = wrong(setting, raw);
    const shown = setting.kind === "secret" ? "" : ` is "${raw}"`;
    if (cure) complaints.push(`  ${by}${shown}: ${cure}`);
    const value = setting.kind === "folder" ? resolve(raw) : raw;
    config[name] = setting.kind === "number" ? Number(raw) : value;
  }
  if (config.space === "public" || config.space === "kafka")
    complaints.push(`  SPACE is "${config.space}": ${settings.space.cure}`);
  if (complaints.length > 0) throw failure("SETTINGS_WRONG", complaints.join("\n"));
  return config as Config;
};

/** Where the archive of every space is kept. */
export const archiveFolder = ({ archiveFolder: given, dataFolder }: Config): string =>
  given ?? join(dataFolder, "archive");

/** The same settings as the environment of a child process. */
export const environmentOf = (config: Config): Record<string, string> => {
  const names = Object.keys(settings) as SettingName[];
  const set = names.flatMap((name) => {
    const value = config[name];
    return value === undefined ? [] : [[envName(name), String(value)]];
  });
  return Object.fromEntries(set);
};
