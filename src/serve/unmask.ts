import type pg from "pg";
import { failure } from "../errors.ts";
import { customerUpdates } from "../events/topics.ts";
import type { Caller } from "./access.ts";
import type { AccessLog } from "./access-log.ts";
import type { UnmaskAnswer } from "./messages/access.ts";

type Json = Record<string, unknown>;

/** Paths of a profile's personal fields, such as `name` or `accounts.*.account_id`. */
export const personalFields: readonly string[] = customerUpdates.personal;

const valuesAt = (value: unknown, [first, ...rest]: readonly string[]): unknown[] => {
  if (value === null || value === undefined) return [];
  if (first === undefined) return [value];
  const inside = first === "*" ? (value as unknown[]) : [(value as Json)[first]];
  return inside.flatMap((one) => valuesAt(one, rest));
};

const plain = (profile: Json, path: string): string | string[] | null => {
  const found = valuesAt(profile, path.split(".")).map(String);
  return path.includes("*") ? found : (found[0] ?? null);
};

const queryMaxMs = 5_000;

/**
 * A customer's personal fields as they are, once what was shown to whom and why is recorded.
 * Throws CUSTOMER_UNKNOWN, REQUEST_WRONG for a field that is none, UNRECORDED.
 */
export const unmask = async (
  { pool, log }: { pool: pg.Pool; log: AccessLog },
  id: string,
  asked: { by: Caller; reason: string; fields?: readonly string[] },
): Promise<UnmaskAnswer> => {
  const { by, reason, fields = personalFields } = asked;
  const unknown = fields.find((field) => !personalFields.includes(field));
  if (unknown !== undefined)
    throw failure("REQUEST_WRONG", `"${unknown}" is none of ${personalFields.join(", ")}`);
  const text = "select profile from customers where customer_id = $1";
  const question = { text, values: [id], query_timeout: queryMaxMs };
  const { rows } = await pool.query<{ profile: Json }>(question);
  if (rows.length === 0) throw failure("CUSTOMER_UNKNOWN", id);
  const { access_id } = await log.record(by, {
    what: "unmasked",
    customer_id: id,
    fields: [...fields],
    reason,
  });
  const [{ profile }] = rows;
  const shown = Object.fromEntries(fields.map((path) => [path, plain(profile, path)]));
  return { customer_id: id, fields: shown, recorded_as: access_id };
};
