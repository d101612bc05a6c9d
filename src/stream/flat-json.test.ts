import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatJson } from "./flat-json.ts";
import { seeded } from "./test-task.ts";

const fields = ["id", "amount", "text", "flag", "é"];
const flat = new FlatJson(fields);

const valueAt = (bytes: Buffer, field: number): unknown => {
  const from = flat.from[field];
  if (from < 0) return undefined;
  const isText = bytes[from - 1] === 0x22;
  const text = bytes.toString("utf8", from, flat.to[field]);
  return isText ? text : JSON.parse(text);
};

const signs = ["a", "Z", "9", " ", "é", "🐑", '"', "\\", "\n", ",", ":", "{", "}", "[", "null"];
const anyValue = (random: () => number, depth = 0): unknown => {
  const which = Math.floor(random() * (depth < 2 ? 8 : 6));
  if (which === 0) return Math.round(random() * 1e7) / 100;
  if (which === 1) return -Math.round(random() * 1e4) / 100;
  if (which === 2) return random() < 0.5;
  if (which === 3) return random() * 10 ** Math.floor(random() * 40 - 20);
  if (which === 6) return [anyValue(random, depth + 1)];
  if (which === 7) return { id: anyValue(random, depth + 1) };
  const few = random() < 0.7 ? 6 : signs.length;
  const text = () => signs[Math.floor(random() * few)];
  return which === 4 ? null : Array.from({ length: Math.floor(random() * 5) }, text).join("");
};

test("given any object as JSON, then it finds what JSON.parse finds or gives up", () => {
  let scanned = 0;
  for (let seed = 1; seed <= 5_000; seed++) {
    const random = seeded(seed);
    const names = [...fields, "other", "amoun", "amounts", 'q"q'];
    const object = Object.fromEntries(
      names.filter(() => random() < 0.5).map((name) => [name, anyValue(random)]),
    );
    const text = JSON.stringify(object, undefined, random() < 0.1 ? 1 : undefined);
    const bytes = Buffer.from(text);
    if (!flat.scan(bytes)) continue;
    scanned++;
    const parsed = JSON.parse(text);
    for (const [at, name] of fields.entries())
      assert.deepEqual(valueAt(bytes, at), parsed[name], `seed ${seed}: ${text}`);
  }
  assert.ok(scanned > 500, `only ${scanned} were plain`);
});

test("given a field twice, then the last counts, as with JSON.parse", () => {
  const bytes = Buffer.from('{"id":"a","id":"b"}');
  assert.equal(flat.scan(bytes), true);
  assert.equal(valueAt(bytes, 0), "b");
});

test("given blanks, escapes, nesting, or something cut off, then it gives up", () => {
  const whole = '{"id":"abc","amount":12.5,"text":"x","flag":true}';
  for (const text of ["", "{", "[]", "x", '{"id": 1}', '{"id":"a\\n"}', '{"id":{}}', '{"id":[1]}'])
    assert.equal(flat.scan(Buffer.from(text)), false, text);
  for (let end = 0; end < whole.length; end++)
    assert.equal(flat.scan(Buffer.from(whole.slice(0, end))), false, whole.slice(0, end));
});

test("given a decimal, then its hundredths are exact; any other form is left to the caller", () => {
  const read = (text: string) => {
    const bytes = Buffer.from(`{"amount":${text}}`);
    assert.equal(flat.scan(bytes), true);
    return flat.hundredths(bytes, 1);
  };
  const random = seeded(5);
  for (let i = 0; i < 2_000; i++) {
    const cents = Math.round((random() - 0.5) * 10 ** (1 + Math.floor(random() * 11)));
    assert.equal(read(String(cents / 100)) + 0, cents + 0, String(cents / 100));
  }
  assert.equal(read("1.10"), 110);
  assert.equal(read("0.1"), 10);
  assert.equal(read("-20.5"), -2_050);
  for (const other of ["1e3", "1.234", "1.5e-7", "true", "null", "-", "1234567890123456"])
    assert.ok(Number.isNaN(read(other)), other);
});
