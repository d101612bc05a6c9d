import type { Config } from "../config.ts";
import { failure } from "../errors.ts";
import type { ImportSource } from "../ingest/import/importer.ts";
import type { Timing } from "./berka/summary.ts";

/** The space that an import goes into: its settings and its broker. */
export type Place = {
  config: Config;
  bootstrap: string;
  say: (sentence: string) => void;
};

/** A folder of data that was read and can be imported into a space. */
export type Import = {
  kind: string;
  source: ImportSource;
  /**
   * Makes what the line needs before it starts, such as models of its own and the policies that
   * choose them. Needs the space's topics. False: the space has no models of its own.
   */
  prepare: (place: Place) => Promise<boolean>;
  /** What came of it, once every table is written. */
  summary: (place: Place, timing?: Timing) => Promise<{ lines: string[]; json: unknown }>;
};

const kinds: Record<string, (folder: string) => Promise<Import>> = {
  berka: async (folder) => (await import("./berka/import.ts")).openBerka(folder),
};

/** Reads what `--import <kind>:<folder>` names. Throws ARGUMENT_WRONG when there is no such kind. */
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
