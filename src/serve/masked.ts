/** As much of a JSON Schema as masking looks at. */
export type MaskNode = {
  type?: unknown;
  personal?: boolean;
  properties?: Readonly<Record<string, MaskNode>>;
  items?: MaskNode;
  anyOf?: readonly MaskNode[];
};

export const mask = "***";

/**
 * A value with its personal fields masked. Fields that the schema does not declare are left out:
 * nobody has said whether they are personal.
 */
export const masked = (value: unknown, schema: MaskNode): unknown => {
  if (value === null || value === undefined) return value;
  if (schema.personal === true) return mask;
  const { anyOf, items, properties } = schema;
  if (anyOf) return masked(value, anyOf.find((one) => one.type !== "null") ?? {});
  if (items && Array.isArray(value)) return value.map((each) => masked(each, items));
  if (properties === undefined || typeof value !== "object") return value;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => fields[name] !== undefined)
      .map(([name, node]) => [name, masked(fields[name], node)]),
  );
};
