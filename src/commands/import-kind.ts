import type { Config } from "../config.ts";
import type { ImportSource } from "../ingest/import/importer.ts";
import type { Timing } from "./space-totals.ts";

/** The space that an import goes into: its settings and its broker. */
export type Place = {
  config: Config;
  bootstrap: string;
  say: (sentence: string) => void;
};

/** The space that a kind is imported into when none is named: a name without hyphens. */
export const spaceOfKind = (kind: string): string => kind.replaceAll("-", "");

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
