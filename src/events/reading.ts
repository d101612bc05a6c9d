import type { TLocalizedValidationError } from "typebox/error";

/** Why a value was refused; the engine's list of reasons contains these. */
export type Refusal =
  | "malformed_json"
  | "forbidden_key"
  | "wrong_type"
  | "missing_field"
  | "unknown_value"
  | "unknown_currency"
  | "not_a_number"
  | "amount_out_of_range"
  | "amount_precision"
  | "time_unreadable";

/**
 * A value that does not keep its contract. The message names the field and the cure and never
 * repeats the value, which may be personal.
 */
export class BadRecord extends Error {
  readonly reason: Refusal;
  constructor(reason: Refusal, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

const refuseForbidden = (key: string, value: unknown): unknown => {
  if (key === "__proto__")
    throw new BadRecord("forbidden_key", "A key named __proto__ is refused: leave it out.");
  if (
    key === "constructor" &&
    typeof value === "object" &&
    value &&
    Object.hasOwn(value, "prototype")
  )
    throw new BadRecord("forbidden_key", "A key constructor.prototype is refused: leave it out.");
  return value;
};

/**
 * JSON of a record. Keys that could reach an object's prototype are refused. They are looked for in
 * the text first, because a reviver makes reading several times slower; an escape may hide them.
 */
export const readJson = (bytes: Buffer): unknown => {
  const text = bytes.toString("utf8");
  const suspect =
    text.includes("__proto__") || text.includes("\\u") || text.includes('"constructor"');
  // Bytes that are not UTF-8 were decoded to this character; a writer may have meant it, too.
  if (text.includes("\ufffd") && !Buffer.from(text).equals(bytes))
    throw new BadRecord("malformed_json", "The value is not UTF-8: send JSON in UTF-8.");
  try {
    return suspect ? JSON.parse(text, refuseForbidden) : JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof BadRecord) throw thrown;
    if (/[:[,]\s*[+-]?(NaN|Infinity|nan|inf)\b/.test(text))
      throw new BadRecord(
        "not_a_number",
        "A number is NaN or Infinity, which JSON does not know: send null where it is not known.",
      );
    throw new BadRecord("malformed_json", "The value is not JSON: send one JSON object.");
  }
};

const valueAt = (value: unknown, path: string): unknown =>
  path
    .split("/")
    .slice(1)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);

const nameOf = (path: string): string => path.slice(1).replaceAll("/", ".") || "The value";

const looksNotFinite = (value: unknown): boolean =>
  (typeof value === "number" && !Number.isFinite(value)) ||
  (typeof value === "string" && /^[+-]?(nan|inf|infinity)$/i.test(value));

const wrongType = (name: string, value: unknown, expected: string): BadRecord =>
  (expected === "number" || expected === "integer") && looksNotFinite(value)
    ? new BadRecord("not_a_number", `${name} is not a finite number: send a plain decimal number.`)
    : new BadRecord("wrong_type", `${name} has the wrong type: send ${expected}.`);

/** The sentence for the first thing that a schema found wrong. */
export const refusalOf = (
  error: TLocalizedValidationError,
  value: unknown,
  isMoney: (path: string) => boolean,
): BadRecord => {
  const path = error.instancePath;
  const name = nameOf(path);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "required": {
      const missing = String((params.requiredProperties as string[])[0]);
      const full = path === "" ? missing : `${name}.${missing}`;
      return new BadRecord("missing_field", `${full} is missing: add it.`);
    }
    case "type":
      return wrongType(name, valueAt(value, path), String(params.type));
    case "format":
      return new BadRecord(
        "time_unreadable",
        `${name} is not a time: send ISO 8601, such as 2024-01-15T10:30:00Z.`,
      );
    case "minLength":
      return new BadRecord("missing_field", `${name} is empty: fill it in.`);
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum": {
      const limit = `${params.comparison} ${params.limit}`;
      return isMoney(path)
        ? new BadRecord("amount_out_of_range", `${name} is out of range: it must be ${limit}.`)
        : new BadRecord("unknown_value", `${name} is out of range: it must be ${limit}.`);
    }
    case "enum":
      return new BadRecord(
        "unknown_value",
        `${name} is not on its list: use one of ${(params.allowedValues as string[]).join(", ")}.`,
      );
    case "~refine":
      return new BadRecord("wrong_type", `${name} ${params.message}.`);
    default:
      return new BadRecord("unknown_value", `${name} is not allowed: it ${error.message}.`);
  }
};
