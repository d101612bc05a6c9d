import { failure } from "../errors.ts";
import type { Import } from "./import-kind.ts";

type Opener = {
  open: (folder: string, takesUndocumented: boolean) => Promise<Import>;
  /** The kind refuses codes that nobody described, and can be told to take them with a note. */
  hasUndocumented?: true;
};

const kinds: Record<string, Opener> = {
  berka: { open: async (folder) => (await import("./berka/import.ts")).openBerka(folder) },
  "uci-credit": {
    open: async (folder, takesUndocumented) =>
      (await import("./uci-credit/import.ts")).openCards(folder, takesUndocumented),
    hasUndocumented: true,
  },
};

/**
 * Reads what `--import <kind>:<folder>` names. Throws ARGUMENT_WRONG when there is no such kind, or
 * when it has no codes that it could take.
 */
export const openImport = async (what: string, takesUndocumented = false): Promise<Import> => {
  const [kind, ...rest] = what.split(":");
  const folder = rest.join(":");
  const known = Object.keys(kinds).join(", ");
  const example = `Give a kind and a folder, such as ${Object.keys(kinds)[0]}:./data.`;
  if (!Object.hasOwn(kinds, kind))
    throw failure("ARGUMENT_WRONG", `"${kind}" is no kind of import (${known})`, example);
  if (folder === "") throw failure("ARGUMENT_WRONG", `The import ${kind} needs a folder`, example);
  if (takesUndocumented && !kinds[kind].hasUndocumented)
    throw failure(
      "ARGUMENT_WRONG",
      `The import ${kind} knows no --take-undocumented`,
      "Leave it out.",
    );
  return kinds[kind].open(folder, takesUndocumented);
};
