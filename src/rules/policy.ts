import type { PolicyDocument } from "../events/policy.ts";
import { timeMs } from "../events/time.ts";
import { sha256 } from "./sha256.ts";

type Kind = PolicyDocument["kind"];
type DocumentOf<K extends Kind> = Extract<PolicyDocument, { kind: K }>;

/** A version and the event time in ms from which it holds. */
export type Version<D> = { readonly from: number; readonly document: D };

/**
 * The versions of one policy among the entries of topic `policies`, in the order in which they come
 * into force. The first one holds from the beginning, whatever it says.
 */
export const versionsOf = <K extends Kind>(
  entries: ReadonlyMap<string, unknown>,
  kind: K,
  name: string,
): readonly Version<DocumentOf<K>>[] => {
  const documents = [...entries.values()].filter((entry): entry is DocumentOf<K> => {
    const document = entry as PolicyDocument;
    return document.kind === kind && document.name === name;
  });
  const versions = documents.map((document) => ({
    from: document.effective_from ? timeMs(document.effective_from) : Number.NEGATIVE_INFINITY,
    document,
  }));
  versions.sort(
    (a, b) =>
      (a.from === b.from ? 0 : a.from - b.from) ||
      a.document.version.localeCompare(b.document.version, "en", { numeric: true }),
  );
  return versions.map((version, at) => (at === 0 ? { ...version, from: -Infinity } : version));
};

/** The version that holds at an event time in ms. There must be at least one. */
export const versionAt = <D>(versions: readonly Version<D>[], time: number): D =>
  (versions.findLast((version) => version.from <= time) ?? versions[0]).document;

/** Fields that say when and by whom a version was put in force, not what it says. */
const circumstances = new Set(["effective_from", "activated_by"]);

/** JSON with the fields of every object in order, and without those that are null. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, each]) => [name, canonical(each)]));
};

/**
 * SHA-256 of what a document says: the same for a draft and for the version in force, whatever the
 * order of its fields.
 */
export const policyHash = (document: PolicyDocument): string => {
  const said = Object.entries(document).filter(([name]) => !circumstances.has(name));
  return sha256(JSON.stringify(canonical(Object.fromEntries(said))));
};
