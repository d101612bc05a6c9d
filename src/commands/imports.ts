import { failure } from "../errors.ts";
import type { Import } from "./import-kind.ts";

type Opener = { open: (folder: string, strict: boolean) => Promise<Import>; strict?: true };

/** `strict`: the kind knows how to refuse what it otherwise takes with a note. */
const kinds: Record<string, Opener> = {
  berka: { open: async (folder) => (await import("./berka/import.ts")).openBerka(folder) },
  "uci-credit": {
    open: async (folder, strict) =>
      (await import("./uci-credit/import.ts")).openCards(folder, strict),
    strict: true,
  },
};

/**
 * Reads what `--import <kind>:<folder>` names. Throws ARGUMENT_WRONG when there is no such kind, or
 * when it has nothing to be strict about.
 */
export const openImport = async (what: string, strict = false): Promise<Import> => {
  const [kind, ...rest] = what.split(":");
  const folder = rest.join(":");
  const known = Object.keys(kinds).join(", ");
  const example = `Give a kind and a folder, such as ${Object.keys(kinds)[0]}:./data.`;
  if (!Object.hasOwn(kinds, kind))
    throw failure("ARGUMENT_WRONG", `"${kind}" is no kind of import (${known})`, example);
  if (folder === "") throw failure("ARGUMENT_WRONG", `The import ${kind} needs a folder`, example);
  if (strict && !kinds[kind].strict)
    throw failure("ARGUMENT_WRONG", `The import ${kind} knows no --strict`, "Leave it out.");
  return kinds[kind].open(folder, strict);
};
