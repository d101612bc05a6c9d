/** As much of a JSON Schema as our contracts use. */
export type SchemaNode = {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly personal?: boolean;
  readonly money?: boolean;
} & { readonly [L in Limit]?: number };

/** Limits from below, then from above. */
const lower = ["minLength", "minimum", "minItems"] as const;
const upper = ["maxLength", "maximum", "maxItems"] as const;
type Limit = (typeof lower)[number] | (typeof upper)[number];

export type FieldType =
  | "text"
  | "time"
  | "number"
  | "whole number"
  | "money"
  | "yes or no"
  | "list"
  | "group"
  | "anything";

/** A field of a contract, as people and comparisons see it. */
export type Field = {
  /** Such as `accounts.*.role`: `*` stands for every element of a list. */
  readonly path: string;
  /** Of several kinds of value that the contract allows, the one that has this field. */
  readonly variant: string | null;
  readonly type: FieldType;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly personal: boolean;
  /** Where only these values are allowed. */
  readonly values: readonly string[] | null;
  readonly pattern: string | null;
  readonly least: number | null;
  readonly most: number | null;
  readonly says: string | null;
};

const plainTypes: Record<string, FieldType> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "yes or no",
  array: "list",
  object: "group",
};

const typeOf = (node: SchemaNode): FieldType => {
  if (node.money) return "money";
  if (node.format === "iso-time") return "time";
  if (typeof node.type === "string") return plainTypes[node.type] ?? "anything";
  return valuesOf(node) ? "text" : "anything";
};

const valuesOf = (node: SchemaNode): string[] | null => {
  if (node.enum) return node.enum.map(String);
  return node.const === undefined ? null : [String(node.const)];
};

const limitOf = (node: SchemaNode, names: readonly Limit[]): number | null => {
  for (const name of names) if (node[name] !== undefined) return node[name];
  return null;
};

/** The schema without the null that it may allow, and whether it does. */
const withoutNull = (node: SchemaNode): { inner: SchemaNode; nullable: boolean } => {
  const options = node.anyOf?.filter((one) => one.type !== "null");
  if (options === undefined) return { inner: node, nullable: false };
  const nullable = options.length < (node.anyOf?.length ?? 0);
  const inner = options.length === 1 ? { ...node, anyOf: undefined, ...options[0] } : node;
  return { inner, nullable };
};

/** What tells one kind of value from the others: a property with one value only. */
const variantOf = ({ properties = {} }: SchemaNode, place: number): string => {
  for (const node of Object.values(properties)) {
    const values = valuesOf(node);
    if (values?.length === 1) return values[0];
  }
  return String(place + 1);
};

type Place = { readonly path: string; readonly variant: string | null };

const below = (node: SchemaNode, { path, variant }: Place): Field[] => {
  const options = node.anyOf?.filter((one) => one.type !== "null") ?? [];
  if (options.length > 1)
    return options.flatMap((one, place) =>
      below(one, { path, variant: [variant, variantOf(one, place)].filter(Boolean).join(" ") }),
    );
  if (node.items) {
    const { inner } = withoutNull(node.items);
    return below(inner, { path: `${path}.*`, variant });
  }
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return fieldAt(child, { path: at, variant }, required.has(name));
  });
};

const fieldAt = (node: SchemaNode, place: Place, required: boolean): Field[] => {
  const { inner, nullable } = withoutNull(node);
  // The values of a list of plain values are told with the list.
  const told = inner.items ? withoutNull(inner.items).inner : inner;
  const field: Field = {
    ...place,
    type: typeOf(inner),
    required,
    nullable,
    personal: inner.personal === true || told.personal === true,
    values: valuesOf(told),
    pattern: told.pattern ?? null,
    least: limitOf(inner, lower),
    most: limitOf(inner, upper),
    says: inner.description ?? node.description ?? told.description ?? null,
  };
  return [field, ...below(inner, place)];
};

/** Every field of a schema, in its order; those inside a field follow it. */
export const fieldsOf = (schema: SchemaNode): Field[] => below(schema, { path: "", variant: null });
