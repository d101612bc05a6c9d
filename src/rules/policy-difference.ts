/** One place at which two documents differ; undefined: it is absent there. */
export type Difference = {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
};

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What tells the entries of a list apart, so that one that was moved is no difference. */
const nameIn = (entry: unknown): string | undefined => {
  if (!isObject(entry)) return undefined;
  const name = entry.risk_level ?? entry.arm;
  return typeof name === "string" ? name : undefined;
};

const asFields = (value: unknown): Fields | undefined => {
  if (isObject(value)) return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const names = value.map(nameIn);
  if (names.some((name) => name === undefined) || new Set(names).size < names.length)
    return undefined;
  return Object.fromEntries(value.map((entry, at) => [names[at], entry]));
};

/** The places at which two documents differ, as `steps.HIGH.channel`; null is as good as absent. */
export const differencesOf = (before: unknown, after: unknown, path = ""): Difference[] => {
  const [old, now] = [asFields(before), asFields(after)];
  if (old === undefined || now === undefined) {
    const same = JSON.stringify(before ?? null) === JSON.stringify(after ?? null);
    return same ? [] : [{ path, before: before ?? undefined, after: after ?? undefined }];
  }
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names.flatMap((name) =>
    differencesOf(old[name], now[name], path === "" ? name : `${path}.${name}`),
  );
};
