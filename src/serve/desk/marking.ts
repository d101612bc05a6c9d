import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { type Contract, marked } from "../../events/contract.ts";
import { readJson, refusalOf } from "../../events/reading.ts";
import { timeMs } from "../../events/time.ts";
import { admit } from "../../stream/admit.ts";
import type { Header } from "../../stream/header.ts";
import type { DeadReason, Topic } from "../../stream/topic.ts";

/** A record against its contract, field by field. */
export type FieldState = "kept" | "missing" | "wrong" | "absent" | "undeclared" | "unread";
export type MarkedField = {
  /** Such as `amount` or `accounts.0.account_id`. */
  readonly path: string;
  /** What the contract asks for, in a few words; null for a field that it does not know. */
  readonly asks: string | null;
  readonly needed: boolean;
  readonly personal: boolean;
  readonly state: FieldState;
  /** What is wrong with it, in a sentence. */
  readonly says: string | null;
};
export type Verdict = {
  readonly fields: readonly MarkedField[];
  /** Why nobody can use the record; null: it keeps its contract. */
  readonly refusal: { readonly reason: DeadReason; readonly detail: string } | null;
};

export type Judged = {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly header: Header | undefined;
  readonly appendTime: number;
};

type Node = {
  type?: string;
  format?: string;
  enum?: readonly unknown[];
  anyOf?: readonly Node[];
  properties?: Readonly<Record<string, Node>>;
  required?: readonly string[];
  items?: Node;
  personal?: boolean;
};

const errorsMost = 50;
const fieldsMost = 200;
const compiled = new WeakMap<object, Validator>();
const validatorOf = (schema: TSchema): Validator => {
  let found = compiled.get(schema);
  if (found === undefined) compiled.set(schema, (found = Compile(schema) as Validator));
  return found;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema without "or nothing"; of a choice between several, the one that the value names. */
const plain = (node: Node, value?: unknown): Node => {
  const choices = node.anyOf?.filter((one) => one.type !== "null") ?? [];
  const names = (one: Node) =>
    isObject(value) &&
    Object.entries(one.properties ?? {}).every(
      ([name, { enum: words = [] }]) => words.length !== 1 || words[0] === value[name],
    );
  return choices.find(names) ?? choices[0] ?? node;
};

const asked = (of: Node): string => {
  const node = plain(of);
  if (node.enum) {
    const list = node.enum.map(String);
    return list.length > 6 ? `one of ${list.length} words` : `one of ${list.join(", ")}`;
  }
  if (node.format === "iso-time") return "a time, ISO 8601";
  const words: Record<string, string> = {
    string: "text",
    number: "a number",
    integer: "a whole number",
    boolean: "true or false",
    object: "an object",
    array: "a list",
  };
  return words[node.type ?? ""] ?? "anything";
};

const dotted = (instancePath: string): string => instancePath.slice(1).replaceAll("/", ".");

/** What is wrong, by field. */
const faultsOf = (schema: TSchema, value: unknown): Map<string, string> => {
  const money = new Set(marked(schema, "money"));
  const isMoney = (path: string) => money.has(dotted(path));
  const found = new Map<string, string>();
  for (const error of validatorOf(schema).Errors(value).slice(0, errorsMost)) {
    const says = refusalOf(error, value, isMoney).message;
    const at = dotted(error.instancePath);
    const { requiredProperties } = error.params as { requiredProperties?: string[] };
    const names = requiredProperties ?? [];
    // A choice between a type and nothing fails twice; the first says more.
    if (names.length === 0 && !found.has(at)) found.set(at, says);
    for (const name of names) {
      const path = at === "" ? name : `${at}.${name}`;
      found.set(path, `${path} is missing: add it.`);
    }
  }
  return found;
};

const stateOf = (isThere: boolean, says: string | undefined): FieldState => {
  if (!isThere) return says === undefined ? "absent" : "missing";
  return says === undefined ? "kept" : "wrong";
};

const walk = (of: Node, value: unknown, at: string, faults: Map<string, string>): MarkedField[] => {
  const node = plain(of, value);
  const fields = isObject(value) ? value : {};
  const declared = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = at === "" ? name : `${at}.${name}`;
    const isThere = Object.hasOwn(fields, name);
    const needed = node.required?.includes(name) ?? false;
    const says = faults.get(path);
    const field: MarkedField = {
      path,
      asks: asked(child),
      needed,
      personal: child.personal === true || plain(child).personal === true,
      state: stateOf(isThere, says),
      says: says ?? null,
    };
    const inner = plain(child, fields[name]);
    const deeper = isThere && inner.properties ? walk(inner, fields[name], path, faults) : [];
    return [field, ...deeper, ...inLists(path, faults)];
  });
  const unknown = Object.keys(fields)
    .filter((name) => !Object.hasOwn(node.properties ?? {}, name))
    .map(
      (name): MarkedField => ({
        path: at === "" ? name : `${at}.${name}`,
        asks: null,
        needed: false,
        personal: false,
        state: "undeclared",
        says: null,
      }),
    );
  return [...declared, ...(node.properties ? unknown : [])];
};

/** Faults within a list are named by their place. */
const inLists = (path: string, faults: Map<string, string>): MarkedField[] =>
  [...faults]
    .filter(([at]) => at.startsWith(`${path}.`) && /^\d+(\.|$)/.test(at.slice(path.length + 1)))
    .map(
      ([at, says]): MarkedField => ({
        path: at,
        asks: null,
        needed: true,
        personal: false,
        state: "wrong",
        says,
      }),
    );

const parsed = (bytes: Buffer | null): unknown => {
  if (bytes === null) return undefined;
  try {
    return readJson(bytes);
  } catch {
    return undefined;
  }
};

/** The field that a refusal means, where no schema could say it. */
const meant = (
  topic: Contract<unknown>,
  value: unknown,
  { reason, detail }: { reason: string; detail: string },
): string => {
  const fields = isObject(value) ? Object.entries(value) : [];
  const key = reason === "key_mismatch" ? topic.keyOf?.(value) : undefined;
  const time = reason === "time_out_of_range" ? topic.timeOf(value) : undefined;
  const found = fields.find(
    ([, one]) =>
      typeof one === "string" &&
      ((key !== undefined && one === key) || (time !== undefined && timeMs(one) === time)),
  );
  // A reader's sentence begins with the field's name.
  return found?.[0] ?? detail.split(" ", 1)[0];
};

/**
 * Judges a record as every reader of its topic does, and says of each field how it stands. Not only
 * the first fault is named, as a reader names it, but all of them.
 */
export const judge = (
  topic: Contract<unknown>,
  record: Judged,
  recordMaxBytes: number,
): Verdict => {
  const admission = admit(topic as Topic, record, recordMaxBytes);
  const refusal =
    admission.reason === undefined ? null : { reason: admission.reason, detail: admission.detail };
  const { json } = topic;
  if (json === undefined) return { fields: [], refusal };
  const tooLarge = (record.value?.length ?? 0) > recordMaxBytes;
  const value = tooLarge ? undefined : parsed(record.value);
  if (value === undefined) {
    const unread = walk(json as Node, {}, "", new Map());
    return { fields: unread.map((field) => ({ ...field, state: "unread", says: null })), refusal };
  }
  const faults = faultsOf(json, value);
  if (refusal && faults.size === 0) faults.set(meant(topic, value, refusal), refusal.detail);
  const fields = walk(json as Node, value, "", faults);
  return { fields: fields.slice(0, fieldsMost), refusal };
};
