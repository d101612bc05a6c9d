import Type from "typebox";
import { failure } from "../../errors.ts";
import { textOf } from "../messages.ts";

/** What makes something new each time it is asked for needs one, by which a repeat is known. */
export const keyHeaders = (description: string) =>
  Type.Object({ "idempotency-key": Type.Optional(textOf(200, { description })) });

/** Throws IDEMPOTENCY_KEY_MISSING. */
export const keyIn = (headers: { "idempotency-key"?: string }): string => {
  const key = headers["idempotency-key"];
  if (key === undefined) throw failure("IDEMPOTENCY_KEY_MISSING");
  return key;
};
