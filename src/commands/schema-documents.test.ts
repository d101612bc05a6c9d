import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import { maybe, text } from "../events/contract.ts";
import { allTopics } from "../events/topics.ts";
import { changeSays } from "../rules/schema/changes.ts";
import type { SchemaNode } from "../rules/schema/fields.ts";
import { changesSince, type Published, publishable, readPublished } from "../schema-record.ts";
import { nextRecord } from "./schema-documents.ts";

const published = readPublished();
const inUse = allTopics.flatMap((contract) => publishable(contract) ?? []);

test("given every contract in JSON, then the version in use is published (docs --write)", () => {
  assert.ok(inUse.length >= 14);
  for (const now of inUse) {
    const versions = published.get(now.topic) ?? [];
    assert.equal(versions.at(-1)?.version, now.version, `${now.topic} ${now.version}`);
    assert.equal(nextRecord(now, versions), `${JSON.stringify(versions.at(-1), null, 2)}\n`);
  }
});

test("given the published versions, then no field was renamed, removed or narrowed", () => {
  for (const [topic, versions] of published) {
    assert.deepEqual(
      versions.map(({ version }) => version),
      versions.map((_, place) => String(place + 1)),
      `the versions of ${topic} count from 1`,
    );
    for (const [place, after] of versions.slice(1).entries()) {
      const broken = changesSince(versions[place], after).filter(({ breaks }) => breaks);
      assert.deepEqual(broken.map(changeSays), [], `${topic} ${after.version}`);
    }
  }
});

const record = (version: string, properties: Record<string, TSchema>): Published => ({
  topic: "things",
  version,
  says: "A thing.",
  key: "id",
  schema: Type.Object(properties) as SchemaNode,
});
const first = record("1", { id: text(), name: maybe(text()) });

test("given a field that is added, then it takes a new version", () => {
  const more = { id: text(), name: maybe(text()), note: maybe(text()) };
  assert.throws(() => nextRecord(record("1", more), [first]), {
    code: "SCHEMA_NOT_BUMPED",
    message: /things.*note is new/,
  });
  assert.match(nextRecord(record("2", more), [first]), /"version": "2"/);
});

test("given a field that is removed or narrowed, then no version may do it", () => {
  const narrower: Record<string, TSchema>[] = [
    { id: text() },
    { id: text({ maxLength: 5 }), name: maybe(text()) },
  ];
  for (const fields of narrower)
    assert.throws(() => nextRecord(record("2", fields), [first]), { code: "SCHEMA_BROKEN" });
});

test("given better words, then the same version has them", () => {
  const worded = record("1", { id: text({ description: "Who it is" }), name: maybe(text()) });
  assert.match(nextRecord(worded, [first]), /Who it is/);
});
