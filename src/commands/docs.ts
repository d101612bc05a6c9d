import { failure } from "../errors.ts";
import { type Command, print } from "./command.ts";
import { documents, refresh, stale } from "./documents.ts";

/** `docs`: names the computed pages that are stale (exit code 1); `--write` writes them anew. */
export const docs: Command = async (args) => {
  const unknown = args.find((arg) => arg !== "--write");
  if (unknown) throw failure("ARGUMENT_WRONG", `docs knows no "${unknown}"`, "Use --write.");
  const write = args.length > 0;
  const old = write ? refresh(documents) : stale(documents);
  for (const path of old) print(write ? `${path} is written anew` : `${path} is stale`);
  if (old.length === 0) print(`All ${documents.length} computed pages are up to date`);
  return old.length > 0 && !write ? 1 : 0;
};
