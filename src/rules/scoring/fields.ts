export type Fields = { readonly [name: string]: unknown };

/** Thrown while a model file is read, with what is wrong with it. */
export class Refusal extends Error {}

export const refuse = (what: string): never => {
  throw new Refusal(what);
};

export const own = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

export const fieldsAt = (fields: Fields, name: string, where: string): Fields => {
  const value = own(fields, name);
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return refuse(`${where} has no object "${name}"`);
  return value as Fields;
};

export const listAt = (
  fields: Fields,
  name: string,
  where: string,
  length?: number,
): readonly unknown[] => {
  const value = own(fields, name);
  if (!Array.isArray(value)) return refuse(`${where} has no list "${name}"`);
  if (length !== undefined && value.length !== length)
    refuse(`${where} has ${value.length} entries in "${name}" where ${length} belong`);
  return value;
};

/** XGBoost writes parameters as strings, `"num_trees": "100"`. Absent means `fallback`. */
export const countAt = (fields: Fields, name: string, where: string, fallback?: number): number => {
  const value = own(fields, name);
  if (value === undefined && fallback !== undefined) return fallback;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0)
    return refuse(`${where} has no whole number "${name}"`);
  return number;
};

/** What a float32 of a node is, or a sentence on what is wrong with it. */
export const numbersAt = (
  fields: Fields,
  name: string,
  where: string,
  length?: number,
  what = "node",
): readonly number[] => {
  const list = listAt(fields, name, where, length);
  const at = list.findIndex(
    (value) => typeof value !== "number" || !Number.isFinite(Math.fround(value)),
  );
  if (at >= 0) refuse(`${where}, ${what} ${at}: "${name}" is ${JSON.stringify(list[at])}`);
  return list as readonly number[];
};

/** A list of whole numbers of at most 32 bits. */
export const wholesAt = (
  fields: Fields,
  name: string,
  where: string,
  length?: number,
  what = "node",
): Int32Array =>
  Int32Array.from(numbersAt(fields, name, where, length, what), (value, at) =>
    value === (value | 0)
      ? value
      : refuse(`${where}, ${what} ${at}: "${name}" is ${JSON.stringify(value)}`),
  );

export const flagsAt = (fields: Fields, name: string, where: string, length: number): Uint8Array =>
  Uint8Array.from(listAt(fields, name, where, length), (value, node) =>
    value === 0 || value === false
      ? 0
      : value === 1 || value === true
        ? 1
        : refuse(`${where}, node ${node}: "${name}" is ${JSON.stringify(value)}`),
  );

/**
 * NaN and Infinity outside of texts become null: XGBoost writes NaN, which JSON does not know, as
 * the threshold of a split by category.
 */
const withoutNaN = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity|nan|inf)\b/g, (found) =>
    found.startsWith('"') ? found : "null",
  );

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** Parses a model file, which must be one JSON object. */
export const parse = (json: string): Fields => {
  if (!json.trimStart().startsWith("{"))
    return refuse(json.trim() === "" ? "it is empty" : "it is not JSON (a .ubj file, perhaps)");
  const value = parsed(json) ?? parsed(withoutNaN(json));
  return value === undefined
    ? refuse("it is not complete JSON; it may have been cut off")
    : (value as Fields);
};
