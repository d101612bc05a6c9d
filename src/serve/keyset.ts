import { failure } from "../errors.ts";

/**
 * A place in an ordered list, as it is given to whoever reads on: the values that the last row is
 * ordered by. What comes after it is found by an index, however far down it stands.
 */
export const placeText = (values: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** The values of a place that was given out. Throws REQUEST_WRONG for any other text. */
export const placeOf = <const T extends readonly ("number" | "string")[]>(
  text: string,
  types: T,
): (string | number)[] => {
  try {
    const values: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (Array.isArray(values) && values.length === types.length)
      if (values.every((value, at) => typeof value === types[at])) return values;
  } catch {
    // Not what was given out.
  }
  throw failure("REQUEST_WRONG", "`after` is not a place that a page before named as next");
};
