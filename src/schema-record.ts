import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./config.ts";
import type { Contract } from "./events/contract.ts";
import { type Change, changesBetween } from "./rules/schema/changes.ts";
import { type Field, fieldsOf, type SchemaNode } from "./rules/schema/fields.ts";
import { plainSchema } from "./rules/schema/plain.ts";

/** A version of a contract's schema as it was published. */
export type Published = {
  readonly topic: string;
  readonly version: string;
  readonly says: string;
  readonly key: string;
  readonly schema: SchemaNode;
};

/** Where published schemas are kept, a file for each version. */
export const recordFolder = "docs/schemas";
export const recordPath = ({ topic, version }: Pick<Published, "topic" | "version">): string =>
  `${recordFolder}/${topic}.${version}.json`;

/** What would be published of a contract now; undefined where its value is not JSON. */
export const publishable = (of: Contract<unknown>): Published | undefined =>
  of.json && {
    topic: of.name,
    version: of.schema,
    says: of.says,
    key: of.key,
    schema: plainSchema(of.json) as SchemaNode,
  };

const byVersion = (a: Published, b: Published) => Number(a.version) - Number(b.version);

/** Every published version by topic, the oldest first. */
export const readPublished = (folder = join(root, recordFolder)): Map<string, Published[]> => {
  const found = new Map<string, Published[]>();
  for (const path of globSync("*.json", { cwd: folder })) {
    const one = JSON.parse(readFileSync(join(folder, path), "utf8")) as Published;
    found.set(one.topic, [...(found.get(one.topic) ?? []), one].sort(byVersion));
  }
  return found;
};

/** What changed from one version to the next. */
export const changesSince = (before: Published, after: Published): Change[] =>
  changesBetween(fieldsOf(before.schema), fieldsOf(after.schema));

const formOf = ({ schema }: Published): string =>
  JSON.stringify(fieldsOf(schema).map(({ says: _, ...form }: Field) => form));

/** Whether two records ask for the same, whatever words they use. */
export const sameForm = (a: Published, b: Published): boolean => formOf(a) === formOf(b);
