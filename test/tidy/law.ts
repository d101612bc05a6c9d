import type { Import, Source } from "./source.ts";

/**
 * What a folder may import: folders and files under src/, packages, and whether modules of Node.
 */
type Rule = {
  readonly own: readonly string[];
  readonly packages: readonly string[] | "any";
  readonly node: boolean;
};

const edge: Rule = {
  own: ["events", "rules", "stream", "db.ts", "redis.ts", "errors.ts"],
  packages: "any",
  node: true,
};

/** The law of imports. `process` is held folder by folder; what is not listed may import all. */
const rules: Record<string, Rule> = {
  events: { own: [], packages: ["typebox"], node: false },
  rules: { own: ["events", "errors.ts"], packages: ["luxon", "typebox"], node: false },
  stream: {
    own: ["errors.ts"],
    packages: ["@confluentinc/kafka-javascript", "@node-rs/crc32", "lz4-napi", "snappy"],
    node: true,
  },
  process: { own: ["events", "rules", "stream", "errors.ts"], packages: [], node: false },
  ingest: { ...edge, own: edge.own.filter((name) => name !== "redis.ts") },
  serve: { ...edge, own: [...edge.own, "config.ts"] },
  sink: edge,
};

/**
 * `src/process/churn/x.ts` → `process/churn`; `src/stream/x.ts` → `stream`; `src/db.ts` → `db.ts`.
 */
export const placeOf = (path: string): string | undefined => {
  const [top, first, second, third] = path.split("/");
  if (top !== "src") return undefined;
  return first === "process" && third !== undefined ? `${first}/${second}` : first;
};

const packageOf = (from: string): string =>
  from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");

/** What a test of real services needs besides: the servers, and their settings. */
const realServices = ["embedded", "config.ts"];

/** What the console knows of the rest: what it is told, as types, and the verifier. */
const consoleMay = /^src\/(events\/|serve\/messages(\.ts|\/))/;

const consoleBreach = (isTest: boolean, { from, file, typeOnly }: Import): string | undefined => {
  if (file === undefined)
    return from.startsWith("node:") && !isTest ? `web imports ${from}` : undefined;
  if (file.startsWith("web/") || file.startsWith("verifier/")) return undefined;
  if (!consoleMay.test(file)) return `web imports ${file}`;
  return typeOnly ? undefined : `web imports more than types from ${file}`;
};

/** Why a file must not import this, or undefined. */
const breach = (source: Source, one: Import): string | undefined => {
  if (source.path.startsWith("web/")) return consoleBreach(source.isTest, one);
  const { from, file } = one;
  const place = placeOf(source.path);
  const rule = place === undefined ? undefined : rules[place.split("/")[0]];
  if (place === undefined || rule === undefined) return undefined;
  if (file !== undefined) {
    const to = placeOf(file);
    const startsServers = /\.(kafka|pg)\.test\.ts$/.test(source.path);
    const may = [place, ...rule.own, ...(startsServers ? realServices : [])];
    // What lies outside src/ is data of a test, such as vectors that Python reads too.
    if (to === undefined ? source.isTest : may.includes(to)) return undefined;
    return `${place} imports ${to ?? file}`;
  }
  // A test may read files and run programs; the law is about what it tests.
  if (from.startsWith("node:"))
    return rule.node || source.isTest ? undefined : `${place} imports ${from}`;
  if (rule.packages === "any" || rule.packages.includes(packageOf(from))) return undefined;
  return `${place} imports ${from}`;
};

/** Every import that breaks the law, as `file: why`. */
export const breaches = (sources: readonly Source[]): string[] =>
  sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const why = breach(source, one);
      return why === undefined ? [] : [`${source.path}: ${why}`];
    }),
  );

/** What neither `process/` nor `rules/` may reach: the clock, chance, the network, files. */
const outside = new RegExp(
  "\\b(Date\\.now|new Date\\(\\)|DateTime\\.(?:now|local|utc\\(\\))|Math\\.random|performance\\.|" +
    "process\\.|fetch\\(|setTimeout|setInterval|crypto\\.)",
);

export const impurities = (sources: readonly Source[]): string[] =>
  sources
    .filter(({ path, isTest }) => !isTest && /^src\/(process|rules)\//.test(path))
    .flatMap(({ path, code }) => {
      const found = outside.exec(code);
      return found ? [`${path}: ${found[1]}`] : [];
    });

/** Circles of imports that exist at run time, each once, as `a → b → a`. */
export const cycles = (sources: readonly Source[]): string[] => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const { file, typeOnly } of byPath.get(path)?.imports ?? [])
      if (file !== undefined && !typeOnly) visit(file, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
};
