import Type, { type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Format } from "typebox/format";
import { readJson, refusalOf } from "./reading.ts";
import { timeMs } from "./time.ts";

/**
 * What travels on a topic: everything that the engine, the audit log, the door, the docs and a test
 * know about it, in one plain value. One schema gives the type, the check, and the JSON Schema.
 */
export type Contract<T> = {
  readonly name: string;
  readonly partitions: number;
  readonly compacted: boolean;
  readonly retentionMs: number;
  readonly envelope: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly schema: string;
  readonly read: (bytes: Buffer) => T;
  readonly write: (value: T) => Buffer;
  readonly timeOf: (value: T) => number | undefined;
  readonly typeOf: (value: T) => string;
  readonly tombstones: boolean;
  readonly keyOf?: (value: T) => string;
  /** One sentence on what a record says. */
  readonly says: string;
  /** What the key is, in words. */
  readonly key: string;
  /** JSON Schema of the value; undefined where the value is not JSON. */
  readonly json?: TSchema;
  /** What the audit log keeps: the body, a keyed digest of it, or nothing. */
  readonly audit: "body" | "digest" | "none";
  readonly owner: string;
  /** Whether personal data is masked before anything is written here. */
  readonly door: boolean;
  readonly writtenBy: readonly string[];
  readonly readBy: readonly string[];
  readonly example: T;
  /** Paths of personal fields, such as `name` or `accounts.*.account_id`. */
  readonly personal: readonly string[];
};

export type ContractSpec<S extends TSchema> = Partial<
  Pick<
    Contract<Static<S>>,
    | "partitions"
    | "compacted"
    | "retentionMs"
    | "config"
    | "schema"
    | "tombstones"
    | "door"
    | "keyOf"
  >
> &
  Pick<Contract<Static<S>>, "name" | "says" | "key" | "audit" | "owner" | "example"> &
  Pick<Contract<Static<S>>, "writtenBy" | "readBy"> & {
    type: string;
    json: S;
    timeOf: (value: Static<S>) => string | undefined;
    /** What a schema cannot say. Throws BadRecord. */
    check?: (value: Static<S>) => void;
  };

export const HOUR_MS = 3_600_000;
export const WEEK_MS = 7 * 24 * HOUR_MS;

Format.Set("iso-time", (text) => !Number.isNaN(timeMs(text)));

/** Text that says something: 1 to 200 characters, unless the schema says otherwise. */
export const text = (more: Record<string, unknown> = {}) =>
  Type.String({ minLength: 1, maxLength: 200, ...more });
/** A time as ISO 8601; without a zone it is UTC. */
export const time = (more: Record<string, unknown> = {}) =>
  Type.String({ format: "iso-time", ...more });
/** An amount of money in whole currency units, at most what numeric(18,3) holds. */
export const money = (more: Record<string, unknown> = {}) =>
  Type.Number({
    money: true,
    minimum: -999_999_999_999_999,
    maximum: 999_999_999_999_999,
    ...more,
  });
/** A field that may be absent or null. */
export const maybe = <S extends TSchema>(schema: S) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
/** One of a closed list of words. */
export const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });
const allFinite = (value: unknown): boolean => {
  const object = value as Record<string, unknown>;
  for (const name in object) if (!Number.isFinite(object[name])) return false;
  return true;
};
const allFiniteOrNull = (value: unknown): boolean => {
  const object = value as Record<string, unknown>;
  for (const name in object)
    if (object[name] !== null && !Number.isFinite(object[name])) return false;
  return true;
};
const named = "must hold numbers only";

/** Numbers by name. Checked by a loop: what the schema library compiles for it is twice as slow. */
export const numbers = (more = {}) =>
  Type.Refine(
    Type.Unsafe<Record<string, number>>({ type: "object", ...more }),
    allFinite,
    () => named,
  );
/** Numbers by name; null is a number that is not known. */
export const numbersOrNull = (more = {}) =>
  Type.Refine(
    Type.Unsafe<Record<string, number | null>>({ type: "object", ...more }),
    allFiniteOrNull,
    () => named,
  );

type Node = {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  personal?: boolean;
  money?: boolean;
};

/** Paths of the fields whose schema bears a mark; `*` stands for every element of a list. */
export const marked = (json: TSchema, mark: "personal" | "money"): string[] => {
  const walk = (node: Node, path: string): string[] => [
    ...(node[mark] ? [path] : []),
    ...(node.anyOf ?? []).flatMap((one) => walk(one, path)),
    ...(node.items ? walk(node.items, `${path}.*`) : []),
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      walk(child, path === "" ? name : `${path}.${name}`),
    ),
  ];
  return [...new Set(walk(json as Node, ""))];
};

/**
 * Reads and checks bytes by a schema: JSON.parse and one compiled check; only what fails is looked
 * at again, to say what is wrong. Fields that the schema does not know pass.
 */
export const reader = <S extends TSchema>(
  json: S,
  check?: (value: Static<S>) => void,
): ((bytes: Buffer) => Static<S>) => {
  const compiled = Compile(json);
  const moneyPaths = new Set(marked(json, "money"));
  const isMoney = (path: string): boolean =>
    moneyPaths.has(
      path
        .slice(1)
        .replaceAll("/", ".")
        .replace(/\.\d+(?=\.|$)/g, ".*"),
    );
  return (bytes) => {
    const value = readJson(bytes);
    if (!compiled.Check(value)) throw refusalOf(compiled.Errors(value)[0], value, isMoney);
    check?.(value as Static<S>);
    return value as Static<S>;
  };
};

/** A topic of JSON values with the usual settings: 6 partitions, 7 days, a header. */
export const contract = <S extends TSchema>(spec: ContractSpec<S>): Contract<Static<S>> => {
  const { type, timeOf, check, ...rest } = spec;
  return {
    partitions: 6,
    compacted: false,
    retentionMs: WEEK_MS,
    envelope: true,
    config: {},
    schema: "1",
    tombstones: false,
    door: false,
    ...rest,
    read: reader(spec.json, check),
    write: (value) => Buffer.from(JSON.stringify(value)),
    timeOf: (value) => {
      const at = timeOf(value);
      return at === undefined ? undefined : timeMs(at);
    },
    typeOf: () => type,
    personal: marked(spec.json, "personal"),
  };
};

/** The same topic, where a null value is said too: it removes its key. */
export const withTombstones = <T>(of: Contract<T>): Contract<T | null> => ({
  ...of,
  tombstones: true,
  write: of.write as Contract<T | null>["write"],
  timeOf: of.timeOf as Contract<T | null>["timeOf"],
  typeOf: of.typeOf as Contract<T | null>["typeOf"],
  keyOf: of.keyOf as Contract<T | null>["keyOf"],
});
