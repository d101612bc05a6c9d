import { failure } from "../errors.ts";
import type { Import } from "./import-kind.ts";

const kinds: Record<string, (folder: string) => Promise<Import>> = {
  berka: async (folder) => (await import("./berka/import.ts")).openBerka(folder),
  "uci-credit": async (folder) => (await import("./uci-credit/import.ts")).openCards(folder),
};

/**
 * Reads what `--import <kind>:<folder>` names. Throws ARGUMENT_WRONG when there is no such kind.
 */
export const openImport = async (what: string): Promise<Import> => {
  const [kind, ...rest] = what.split(":");
  const folder = rest.join(":");
  const known = Object.keys(kinds).join(", ");
  const example = `Give a kind and a folder, such as ${Object.keys(kinds)[0]}:./data.`;
  if (!Object.hasOwn(kinds, kind))
    throw failure("ARGUMENT_WRONG", `"${kind}" is no kind of import (${known})`, example);
  if (folder === "") throw failure("ARGUMENT_WRONG", `The import ${kind} needs a folder`, example);
  return kinds[kind](folder);
};
