import type { PolicyDocument } from "../events/policy.ts";
import { timeMs } from "../events/time.ts";

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
