import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import { maybe, money, oneOf, text, time } from "../../events/contract.ts";
import { changeSays, changesBetween } from "./changes.ts";
import { fieldsOf, type SchemaNode } from "./fields.ts";

const base = {
  id: text(),
  amount: money({ minimum: 0, description: "Never negative" }),
  at: time(),
  kind: oneOf(["a", "b"]),
  name: maybe(text({ personal: true })),
  tags: Type.Array(oneOf(["x", "y"]), { maxItems: 5 }),
  accounts: maybe(Type.Array(Type.Object({ account_id: text({ personal: true }) }))),
};
const fields = (properties: Record<string, TSchema>) =>
  fieldsOf(Type.Object(properties) as SchemaNode);
const changes = (more: Record<string, TSchema>) =>
  changesBetween(fields(base), fields({ ...base, ...more })).map(
    (change) => `${change.breaks ? "breaks: " : ""}${changeSays(change)}`,
  );
const without = (name: keyof typeof base) => {
  const { [name]: _, ...rest } = base;
  return rest;
};

test("given a schema, then its fields are told with type, limits and marks", () => {
  const told = new Map(fields(base).map((field) => [field.path, field]));
  assert.deepEqual(
    [...told.keys()],
    ["id", "amount", "at", "kind", "name", "tags", "accounts", "accounts.*.account_id"],
  );
  assert.deepEqual(told.get("amount"), {
    path: "amount",
    variant: null,
    type: "money",
    required: true,
    nullable: false,
    personal: false,
    values: null,
    pattern: null,
    least: 0,
    most: 999_999_999_999_999,
    says: "Never negative",
  });
  const name = told.get("name");
  assert.deepEqual([name?.type, name?.required, name?.nullable], ["text", false, true]);
  assert.deepEqual([name?.personal, name?.least, name?.most], [true, 1, 200]);
  assert.deepEqual([told.get("tags")?.type, told.get("tags")?.values], ["list", ["x", "y"]]);
  assert.equal(told.get("accounts.*.account_id")?.personal, true);
  assert.deepEqual([told.get("at")?.type, told.get("kind")?.values], ["time", ["a", "b"]]);
});

test("given several kinds of value, then each field says whose it is", () => {
  const schema = Type.Union([
    Type.Object({ kind: oneOf(["cat"]), lives: Type.Number() }),
    Type.Object({ kind: oneOf(["dog"]) }),
  ]);
  assert.deepEqual(
    fieldsOf(schema as SchemaNode).map(({ path, variant }) => `${variant} ${path}`),
    ["cat kind", "cat lives", "dog kind"],
  );
});

test("given nothing changed but words, then there is no change", () => {
  assert.deepEqual(changes({ amount: money({ minimum: 0, description: "Other words" }) }), []);
});

const harmless: [name: string, more: Record<string, TSchema>, says: string][] = [
  ["a field that may be left out", { note: maybe(text()) }, "note is new"],
  ["a further value", { kind: oneOf(["a", "b", "c"]) }, "kind takes c too"],
  ["a wider limit", { id: text({ maxLength: 300 }) }, "id its largest was 200 and is 300"],
  ["a mark", { id: text({ personal: true }) }, "id is personal now: it is masked"],
];
for (const [name, more, says] of harmless)
  test(`given ${name}, then it is said and breaks nothing`, () => {
    assert.deepEqual(changes(more), [says]);
  });

const breaking: [name: string, more: Record<string, TSchema>, says: string][] = [
  ["another type", { id: Type.Number() }, "id was of type text and is of type number"],
  ["a value taken away", { kind: oneOf(["a"]) }, "kind no longer takes b"],
  ["values where any was taken", { id: oneOf(["z"]) }, "id takes z only"],
  ["a tighter limit", { id: text({ maxLength: 20 }) }, "id its largest was 200 and is 20"],
  ["a pattern", { id: text({ pattern: "^x" }) }, "id must match ^x now"],
  ["a new field that is required", { note: text() }, "note is new and required"],
  ["no null any more", { name: Type.Optional(text({ personal: true })) }, "name may no longer"],
  ["a field that became required", { name: text({ personal: true }) }, "name has become required"],
  ["a mark taken away", { name: maybe(text()) }, "name is no longer marked as personal"],
  ["a value of a list taken away", { tags: Type.Array(oneOf(["x"])) }, "tags no longer takes y"],
];
for (const [name, more, says] of breaking)
  test(`given ${name}, then it breaks`, () => {
    assert.ok(
      changes(more).some((change) => change.startsWith(`breaks: ${says}`)),
      changes(more).join("\n"),
    );
  });

test("given a field that is renamed, then it is one removed and one new", () => {
  const renamed = { ...without("amount"), sum: base.amount };
  const told = changesBetween(fields(base), fields(renamed));
  assert.deepEqual(told.map(changeSays), ["amount was removed", "sum is new and required"]);
  assert.ok(told.every(({ breaks }) => breaks));
});
