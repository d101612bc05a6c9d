import { failure } from "../errors.ts";
import { type Role, roles } from "./permissions.ts";

const namePattern = /^[a-z][a-z0-9._-]{0,49}$/;

/** Throws ARGUMENT_WRONG for a name that records could not bear. */
export const checkName = (name: string, of: string): void => {
  if (namePattern.test(name)) return;
  throw failure(
    "ARGUMENT_WRONG",
    `"${name}" is no name for ${of}`,
    "Use 1 to 50 lower-case letters, digits, dots, dashes, a letter first.",
  );
};

/** The role of this name. Throws ARGUMENT_WRONG. */
export const asRole = (role: string): Role => {
  const found = roles.find((known) => known === role);
  if (found) return found;
  throw failure("ARGUMENT_WRONG", `There is no role "${role}"`, `Give one of ${roles.join(", ")}.`);
};
