import { readFileSync } from "node:fs";
import { failure } from "../../errors.ts";

/** The text of a file that was named as an argument. Throws ARGUMENT_WRONG. */
export const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw failure("ARGUMENT_WRONG", `${path} cannot be read`, "Give the path of a file.");
  }
};
