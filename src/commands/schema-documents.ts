import { failure } from "../errors.ts";
import type { Contract } from "../events/contract.ts";
import { changeSays } from "../rules/schema/changes.ts";
import {
  changesSince,
  type Published,
  publishable,
  readPublished,
  recordPath,
  sameForm,
} from "../schema-record.ts";
import type { Document } from "./documents.ts";

const textOf = (published: Published): string => `${JSON.stringify(published, null, 2)}\n`;

/**
 * What is written for a version: the same again with better words, or a new version that every
 * record of the one before still keeps. Throws SCHEMA_NOT_BUMPED and SCHEMA_BROKEN.
 */
export const nextRecord = (now: Published, earlier: readonly Published[]): string => {
  const same = earlier.find(({ version }) => version === now.version);
  if (same && !sameForm(same, now)) {
    const changes = changesSince(same, now).map(changeSays).join("; ");
    throw failure("SCHEMA_NOT_BUMPED", now.topic, now.version, changes);
  }
  const before = earlier.findLast(({ version }) => Number(version) < Number(now.version));
  const broken = before ? changesSince(before, now).filter(({ breaks }) => breaks) : [];
  if (broken.length > 0)
    throw failure("SCHEMA_BROKEN", now.topic, broken.map(changeSays).join("; "));
  return textOf(now);
};

/** A page for the version of each contract that is in use; those of earlier ones stay. */
export const schemaDocuments = (contracts: readonly Contract<unknown>[]): Document[] => {
  const published = readPublished();
  return contracts.flatMap((contract) => {
    const now = publishable(contract);
    if (now === undefined) return [];
    const make = () => nextRecord(now, published.get(now.topic) ?? []);
    return [{ path: recordPath(now), make }];
  });
};
