import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

export const root = dirname(dirname(import.meta.dirname));

/** One import or re-export: what is asked for, from where, and whether it is there at run time. */
export type Import = {
  /** As it is written. */
  readonly from: string;
  /** The path of the file from the root, or undefined for a package or a module of Node. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
  /** The names; `*` for all of them. */
  readonly names: readonly string[];
};

export type Source = {
  /** From the root, parted by `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
  readonly isTest: boolean;
};

const ours = ["src", "test", "bench", "tools", "verifier", "web"];

const walk = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory())
      return ["node_modules", "dist", "dist.draft"].includes(entry.name) ? [] : walk(path);
    return [path];
  });

/** Every file of code that is ours, read and taken apart. */
export const readSources = (): Source[] =>
  ours
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap(walk)
    .filter((path) => /\.(tsx?|mjs)$/.test(path))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), "utf8")));

export const sourceOf = (path: string, text: string): Source => {
  const code = withoutComments(text);
  return {
    path,
    text,
    code,
    lines: text.split("\n"),
    imports: [...importsOf(path, code), ...lazyImportsOf(path, code)],
    isTest: path.endsWith(".test.ts"),
  };
};

/** Strings and regular expressions are passed over, so that a `//` in them is no comment. */
const pieces = new RegExp(
  [
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/,
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*/,
    /(?<=[(=,:!&|?[{}\n]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

const withoutComments = (text: string): string =>
  text.replace(pieces, (piece) =>
    piece.startsWith("//") || piece.startsWith("/*") ? piece.replace(/[^\n]/g, " ") : piece,
  );

const statement = new RegExp(
  [
    /^(?<what>import|export)\b(?<type>\s+type\b)?(?<names>\s[\w\s*{},$]*?)??\s*/,
    /(?:\bfrom\s*)?"(?<from>[^"]+)"(?:\s+with\s*\{[^}]*\})?;/,
  ]
    .map(({ source }) => source)
    .join(""),
  "gm",
);

const importsOf = (path: string, code: string): Import[] =>
  [...code.matchAll(statement)].map((match) => {
    const { type, names = "", from } = match.groups as Record<string, string | undefined>;
    return {
      from: from as string,
      file: fileOf(path, from as string),
      typeOnly: type !== undefined,
      names: namesOf(names),
    };
  });

const namesOf = (text: string): string[] => {
  const inBraces = /\{([\s\S]*)\}/.exec(text)?.[1] ?? "";
  const names = inBraces
    .split(",")
    .map((one) => one.trim().replace(/^type\s+/, ""))
    .filter((one) => one !== "")
    .map((one) => one.split(/\s+as\s+/)[0]);
  return text.includes("*") ? [...names, "*"] : names;
};

/** `await import("./x.ts")` and `typeof import("./x.ts")`: where the names are not seen, all. */
const lazyImportsOf = (path: string, code: string): Import[] =>
  [...code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)(?:\)\.(\w+))?/g)].map(([, from, name]) => ({
    from,
    file: fileOf(path, from),
    typeOnly: false,
    names: [name ?? "*"],
  }));

const fileOf = (path: string, from: string): string | undefined =>
  from.startsWith(".") ? posix.join(posix.dirname(path), from) : undefined;

/** What a file exports by name: its own declarations and its lists of names. */
export const exportsOf = ({ code }: Source): string[] => {
  const declared = code.matchAll(
    /^export\s+(?:async\s+|abstract\s+)*(?:const|let|function\*?|class|type|interface)\s+(\w+)/gm,
  );
  const listed = [...code.matchAll(/^export\s+(?:type\s+)?\{([^}]*)\};/gm)].flatMap(([, list]) =>
    list
      .split(",")
      .map((one) => one.trim().replace(/^type\s+/, ""))
      .filter((one) => one !== "")
      .map((one) => one.split(/\s+as\s+/).at(-1) as string),
  );
  return [...[...declared].map(([, name]) => name), ...listed];
};
