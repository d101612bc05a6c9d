import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { breaches, cycles, impurities, placeOf } from "./tidy/law.ts";
import { exportsOf, readSources, root, type Source, sourceOf } from "./tidy/source.ts";

const sources = readSources();
const git = (...args: string[]): string[] =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
const tracked = git("ls-files").filter((path) => existsSync(join(root, path)));

/** A check that read nothing must fail: the sources are all of those that git knows, and more. */
test("given the repository, then every file of code in it is looked at", () => {
  const seen = new Set(sources.map(({ path }) => path));
  const expected = tracked.filter((path) => /\.(tsx?|mjs)$/.test(path));
  assert.deepEqual(
    expected.filter((path) => !seen.has(path)),
    [],
  );
  assert.ok(expected.length >= 200, `git knows ${expected.length} files`);
  assert.ok(sources.length >= expected.length);
});

test("given a file, then each of its imports is found, and what it asks for", () => {
  for (const { path, code, imports } of sources) {
    const begun = [...code.matchAll(/^import\b(?!\(|\.)/gm)].length;
    const found = imports.length;
    assert.ok(found >= begun, `${path}: ${begun} imports, ${found} found`);
    for (const { file } of imports)
      if (file?.endsWith(".ts")) assert.ok(existsSync(join(root, file)), `${path}: ${file}`);
  }
  const total = sources.reduce((sum, { imports }) => sum + imports.length, 0);
  assert.ok(total > 3 * sources.length, `${total} imports`);
});

test("given the checker of contacts, then it shares no code with what it judges", () => {
  const own = ["test/contact-checker.ts", "test/contact-hours.ts", "test/public-holidays.ts"];
  const read = sources.filter(({ path }) => own.includes(path));
  assert.equal(read.length, own.length);
  const shared = read.flatMap(({ imports }) =>
    imports.filter(({ file, typeOnly }) => file !== undefined && !typeOnly && !own.includes(file)),
  );
  assert.deepEqual(shared, []);
});

test("given files that break the law, then each breach is found", () => {
  const bad = (path: string, text: string) => breaches([sourceOf(path, text)]);
  assert.equal(bad("src/stream/x.ts", 'import type { A } from "../events/a.ts";').length, 1);
  assert.equal(bad("src/events/x.ts", 'import {\n  a,\n} from "../rules/a.ts";').length, 1);
  assert.equal(bad("src/process/a/x.ts", 'import { b } from "../b/y.ts";').length, 1);
  assert.equal(bad("src/process/a/x.ts", 'import { hash } from "node:crypto";').length, 1);
  assert.equal(bad("src/rules/x.ts", 'export { b } from "pg";').length, 1);
  assert.equal(bad("src/ingest/x.ts", `const a = await ${"import"}("../sink/y.ts");`).length, 1);
  assert.equal(bad("src/serve/x.ts", 'import "../app.ts";').length, 1);
  assert.equal(
    bad("src/sink/a/x.ts", 'import { b } from "../b/y.ts";\n// from "../serve"').length,
    0,
  );
  assert.equal(bad("web/x.tsx", 'import { a } from "../src/events/a.ts";').length, 1);
  assert.equal(bad("web/x.tsx", 'import type { A } from "../src/serve/a.ts";').length, 1);
  assert.equal(bad("web/x.tsx", 'import { a } from "node:fs";').length, 1);
  assert.equal(
    bad("web/a/x.tsx", 'import type { A } from "../../src/serve/messages/a.ts";').length,
    0,
  );
  assert.equal(placeOf("src/process/contact/rules/x.ts"), "process/contact");
  const circle = ["a", "b", "c"].map((name, n) =>
    sourceOf(`src/${name}.ts`, `import { x } from "./${"bca"[n]}.ts";`),
  );
  assert.equal(cycles(circle).length, 1);
  const impure = (text: string) => impurities([sourceOf("src/rules/x.ts", text)]).length;
  assert.equal(impure("const a = Date.now(); // b"), 1);
  assert.equal(impure("// not Date.now() here"), 0);
  for (const now of ["now()", "local()", "utc()"]) assert.equal(impure(`a = DateTime.${now};`), 1);
  assert.equal(impure("const a = DateTime.utc(year, 5, 8);"), 0);
});

test("the law of imports is kept", () => {
  assert.deepEqual(breaches(sources), []);
});

test("processors and rules reach no clock, no chance, no network and no files", () => {
  assert.deepEqual(impurities(sources), []);
});

test("no circle of imports exists at run time", () => {
  assert.deepEqual(cycles(sources), []);
});

test("files stay under 400 lines, and lines within 100 columns", () => {
  const long = sources.flatMap(({ path, lines }) => [
    ...(lines.length > 400 ? [`${path}: ${lines.length} lines`] : []),
    ...lines.flatMap((line, n) =>
      line.length > 100 ? [`${path}:${n + 1}: ${line.length} columns`] : [],
    ),
  ]);
  assert.deepEqual(long, []);
});

test("functions stay under 70 lines: the linter is told so", () => {
  const { linter } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  assert.deepEqual(linter.rules.complexity.noExcessiveLinesPerFunction, {
    level: "error",
    options: { maxLines: 70 },
  });
  assert.deepEqual(
    sources
      .filter(({ text }) => text.includes(["biome-ignore", "lint/complexity"].join(" ")))
      .map(({ path }) => path),
    [],
  );
});

test("there are no barrels", () => {
  const barrels = sources.filter(
    ({ path, code }) =>
      basename(path) === "index.ts" || /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;"]*"/m.test(code),
  );
  assert.deepEqual(
    barrels.map(({ path }) => path),
    [],
  );
});

test("no folder and no file is named for having no place", () => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|lib|shared|index)(\/|\.[a-z]+$)/;
  assert.deepEqual(
    // Browsers and Vite look for a page of this name.
    tracked.filter((path) => vague.test(path) && path !== "web/index.html"),
    [],
  );
});

/** Files that run by themselves: tests, and what another file names as a program to start. */
const isStarted = (path: string): boolean => {
  const name = basename(path);
  const named = new RegExp(`["'\`/ ]${name.replaceAll(".", "\\.")}["'\`\\s]`);
  const texts = [...sources, ...programs].filter((other) => other.path !== path);
  return texts.some(({ code }) => named.test(code));
};
const programs = tracked
  .filter((path) => /(^|\/)(bellwether|package\.json|run|index\.html)$/.test(path))
  .map(
    (path): Pick<Source, "path" | "code"> => ({
      path,
      code: readFileSync(join(root, path), "utf8"),
    }),
  );

test("no file is dead: each is imported, started or a test", () => {
  const imported = new Set(sources.flatMap(({ imports }) => imports.map(({ file }) => file)));
  const dead = sources.filter(
    ({ path, isTest }) => !isTest && !imported.has(path) && !isStarted(path),
  );
  assert.deepEqual(
    dead.map(({ path }) => path),
    [],
  );
});

test("no export is dead: each name is imported somewhere, or used where it is declared", () => {
  const asked = new Set(
    sources.flatMap(({ imports }) =>
      imports.flatMap(({ file, names }) => names.map((name) => `${file} ${name}`)),
    ),
  );
  const dead = sources.flatMap((source) =>
    exportsOf(source)
      .filter((name) => !asked.has(`${source.path} ${name}`) && !asked.has(`${source.path} *`))
      .filter((name) => source.code.split(new RegExp(`\\b${name}\\b`)).length < 3)
      .map((name) => `${source.path}: ${name}`),
  );
  assert.deepEqual(dead, []);
});

test("nothing is left for later, and no test runs alone or not at all", () => {
  const left = new RegExp(
    [
      ["TO", "DO"],
      ["FIX", "ME"],
      ["\\.on", "ly\\("],
      ["\\.sk", "ip\\("],
    ]
      .map((parts) => parts.join(""))
      .join("|"),
  );
  const found = sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, n) => (left.test(line) ? [`${path}:${n + 1}: ${line.trim()}`] : [])),
  );
  assert.deepEqual(found, []);
});

const texts = tracked
  .filter((path) =>
    /\.(tsx?|mjs|css|html|md|json|sql|py|sh|xml|txt)$|(^|\/)(bellwether|run)$/.test(path),
  )
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

test("no file names a place on somebody's machine", () => {
  const places = new RegExp(
    ["/work", "/root", "/home/\\w+", "/tmp/"].map((p) => `(?<![\\w.])${p}\\b`).join("|"),
  );
  const found = texts
    .filter(({ path }) => path !== "test/tidy.test.ts")
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, n) => (places.test(line) ? [`${path}:${n + 1}`] : [])),
    );
  assert.ok(texts.length > 200);
  assert.deepEqual(found, []);
});

test("the lock file names packages and their sums, and no host to fetch them from", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const hosts = Object.entries<{ resolved?: string }>(packages).filter(([, one]) => one.resolved);
  assert.ok(Object.keys(packages).length > 100);
  assert.deepEqual(hosts, []);
});

test("text of the console has one of three sizes", () => {
  const sizes = tracked
    .filter((path) => /^web\/.*\.(css|tsx)$/.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const found = text.matchAll(/font(?:-size)?: ?"?(\d+)px|fontSize=[{"](\d+)/g);
      return [...found].map(([, a, b]) => ({ path, size: Number(a ?? b) }));
    });
  assert.ok(sizes.length >= 30, `${sizes.length} sizes`);
  assert.deepEqual(
    sizes.filter(({ size }) => ![12, 13, 20].includes(size)),
    [],
  );
});
