import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { help } from "../src/cli.ts";
import { tries } from "../src/commands/up-screen.ts";
import { envName, flagName, root, type SettingName, settings } from "../src/config.ts";
import { errors } from "../src/errors.ts";
import { commandIn } from "../web/parts/command-in.ts";
import { launch } from "./launch.ts";
import { newFolder } from "./space.ts";

const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** Every page of ours; what set-up fetched and what others wrote into packages is not. */
const pages = globSync("**/*.md", {
  cwd: root,
  exclude: (name) => /^(node_modules|\.bellwether|\.git|dist)$/.test(String(name)),
}).sort();
const chapters = pages.filter((page) => page.startsWith("docs/chapters/"));

const fences = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```/gm;
type Block = { kind: string; body: string };
const blocksOf = (page: string): Block[] =>
  [...textOf(page).matchAll(fences)].map(([, , kind, body]) => ({ kind, body }));
const proseOf = (page: string): string => textOf(page).replace(fences, "");

/** What each block of code is to print: the `text` block that follows it, else nothing. */
const stepsOf = (page: string): { code: string; prints: string }[] =>
  blocksOf(page).flatMap(({ kind, body }, at, all) => {
    if (kind !== "ts") return [];
    const next = all[at + 1];
    return [{ code: body, prints: next?.kind === "text" ? next.body : "" }];
  });

/** A chapter's blocks are one program; between them it writes a character of its own. */
const run = (codes: string[]): string[] => {
  const between = '\nprocess.stdout.write("\\u0000");\n';
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-"];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, {
    cwd: join(root, "docs/chapters"),
    input: codes.join(between),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\u0000");
};

const programs = chapters.filter((page) => stepsOf(page).length > 0);

test("there are chapters with programs, and none prints nothing", () => {
  assert.ok(programs.length >= 3, `${programs.length} chapters have programs`);
  for (const page of programs)
    assert.ok(
      stepsOf(page).some(({ prints }) => prints !== ""),
      page,
    );
});

for (const page of programs)
  test(`given the program of ${page}, when it runs, then it prints what the page says`, () => {
    const steps = stepsOf(page);
    assert.deepEqual(
      run(steps.map(({ code }) => code)),
      steps.map(({ prints }) => prints),
    );
  });

/** A heading's anchor, as the hosts of repositories make it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading));

const brokenIn = (page: string): { seen: number; broken: string[] } => {
  const targets = [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target);
  const own = targets.filter((target) => !/^[a-z]+:/.test(target));
  const broken = own.filter((target) => {
    const [path, anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), decodeURI(path));
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).includes(anchor);
  });
  return { seen: own.length, broken: broken.map((target) => `${page}: ${target}`) };
};

test("given every page, then each link to a file or heading leads there", () => {
  const found = pages.map(brokenIn);
  assert.ok(pages.length >= 15, `${pages.length} pages`);
  assert.ok(found.reduce((sum, { seen }) => sum + seen, 0) >= 40);
  assert.deepEqual(
    found.flatMap(({ broken }) => broken),
    [],
  );
});

const [commandLines, settingLines] = help().split("\nSettings");
const commands = new Set([...commandLines.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name));
const names = Object.keys(settings) as SettingName[];
const flags = new Set([
  ...[...commandLines.matchAll(/--[a-z-]+/g)].map(([flag]) => flag),
  ...names.map(flagName),
  "--help",
]);
const variables = new Set(
  names.flatMap((name) => {
    const setting: { also?: string[] } = settings[name];
    return [envName(name), ...(setting.also ?? [])];
  }),
);
const guides = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...chapters];

test("given each ./bellwether in the guides, then there is such a command with such flags", () => {
  assert.ok(commands.has("up") && settingLines.includes("--space"));
  const said = guides.flatMap((page) =>
    [...textOf(page).matchAll(/\.\/bellwether ([^\n`]*)/g)].map(([, rest]) => ({ page, rest })),
  );
  assert.ok(said.length >= 15, `${said.length} commands are named`);
  for (const { page, rest } of said) {
    const [name] = rest.split(/\s/, 1);
    const known = commands.has(name) || flags.has(name);
    assert.ok(known, `${page}: ./bellwether ${rest}`);
    if (name === "kafka") continue;
    for (const [flag] of rest.matchAll(/(?<=\s)--[a-z-]+/g))
      assert.ok(flags.has(flag), `${page}: ${flag} in ./bellwether ${rest}`);
  }
});

/** Commands that the console says, as its files hold them. */
const inConsole = (): string[] => {
  const files = globSync("web/**/*.tsx", { cwd: root });
  const said = files.flatMap((file) =>
    [...textOf(file).matchAll(/(["'`])(\.\/bellwether (?:(?!\1).)*)\1/g)].map(([, , line]) => line),
  );
  return [...new Set(said)].sort();
};

/** As a shell takes a line apart, as far as quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);

/** These have no options of their own that could be wrong, and would start servers. */
const starts = /^\.\/bellwether (up|run api)( --space \w+)?$/;

test("given each ./bellwether of console and up, then it lacks nothing but servers", async () => {
  const ofConsole = inConsole();
  assert.ok(ofConsole.length >= 6 && tries.length >= 6, ofConsole.join("\n"));
  const said = [...new Set([...ofConsole, ...tries])];
  for (const text of said.filter((one) => !starts.test(one))) {
    const [, ...args] = wordsOf(commandIn("other", text));
    assert.deepEqual(args.slice(-2), ["--space", "other"]);
    const typed = launch(args, { DATA_FOLDER: newFolder() });
    await typed.ended;
    assert.match(typed.err(), /^No (Kafka|Postgres) runs here\./, text);
  }
});

test("given the space live, then a command is said as it is typed there", () => {
  assert.equal(commandIn("live", "./bellwether lag"), "./bellwether lag");
  assert.equal(commandIn("berka", "./bellwether lag"), "./bellwether lag --space berka");
});

test("given each variable in the guides, then there is such a setting", () => {
  const said = guides.flatMap((page) =>
    [...textOf(page).matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`/g)].map(([, name]) => name),
  );
  assert.ok(said.length >= 5, `${said.length} variables are named`);
  const known = new Set([...variables, ...Object.keys(errors), "JAVA_HOME"]);
  assert.deepEqual(
    said.filter((name) => !known.has(name)),
    [],
  );
});

test("given each table that README asks Postgres for, then sql/ makes it", () => {
  const made = globSync("sql/*.sql", { cwd: root }).flatMap((file) =>
    [...textOf(file).matchAll(/create (?:table|view) (\w+)/g)].map(([, name]) => name),
  );
  const queries = [...textOf("README.md").matchAll(/\.\/bellwether sql (?:'([^']+)'|"([^"]+)")/g)];
  const asked = queries.flatMap(([, single, double]) =>
    [...(single ?? double).matchAll(/\b(?:from|join) (\w+)/g)].map(([, name]) => name),
  );
  assert.ok(asked.length > 0);
  assert.deepEqual(
    asked.filter((name) => !made.includes(name)),
    [],
  );
});

/** The numbered lines of a text, each with what goes on below it, without signs of comments. */
const numbered = (text: string): string[] => {
  const lines = text.replace(/^ \* ?/gm, "");
  return [...lines.matchAll(/^ *\d\.? +(.+(?:\n {3,}\S.*)*)/gm)].map(([, step]) =>
    step.replace(/\s+/g, " "),
  );
};

test("given the steps of a commit, then essay and page say the same", () => {
  const essay = numbered(textOf("src/stream/transaction.ts"));
  assert.equal(essay.length, 6);
  assert.deepEqual(numbered(textOf("docs/decisions/commit-and-rollback.md")), essay);
});
