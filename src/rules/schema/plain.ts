/** For JSON.stringify: what a schema library notes for itself is no part of a JSON Schema. */
export const withoutNotes = (key: string, value: unknown): unknown =>
  key.startsWith("~") ? undefined : value;

/** A schema as plain JSON, of its own. */
export const plainSchema = (schema: unknown): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema, withoutNotes));
