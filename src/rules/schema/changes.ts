import type { Field } from "./fields.ts";

/** What lies between two versions of a contract. */
export type Change = {
  readonly path: string;
  readonly variant: string | null;
  /** Whether records or readers of the earlier version would no longer be understood. */
  readonly breaks: boolean;
  readonly says: string;
};

type Told = Pick<Change, "breaks" | "says">;

const breaking = (says: string): Told => ({ breaks: true, says });
const harmless = (says: string): Told => ({ breaks: false, says });

const presence = (before: Field, after: Field): Told[] => [
  ...(!before.required && after.required ? [breaking("has become required")] : []),
  ...(before.required && !after.required ? [harmless("may be left out now")] : []),
  ...(before.nullable && !after.nullable ? [breaking("may no longer be null")] : []),
  ...(!before.nullable && after.nullable ? [harmless("may be null now")] : []),
];

const ofValues = (before: Field, after: Field): Told[] => {
  if (before.values === null)
    return after.values === null ? [] : [breaking(`takes ${after.values.join(", ")} only`)];
  if (after.values === null) return [harmless("takes any value now")];
  const [old, next] = [new Set(before.values), new Set(after.values)];
  const gone = before.values.filter((value) => !next.has(value));
  const come = after.values.filter((value) => !old.has(value));
  return [
    ...(gone.length > 0 ? [breaking(`no longer takes ${gone.join(", ")}`)] : []),
    ...(come.length > 0 ? [harmless(`takes ${come.join(", ")} too`)] : []),
  ];
};

const nothing = "no limit";

const limits = (before: Field, after: Field): Told[] => {
  const told: Told[] = [];
  const compare = (name: "least" | "most", isNarrower: boolean) => {
    if (before[name] === after[name]) return;
    const which = name === "least" ? "smallest" : "largest";
    const says = `its ${which} was ${before[name] ?? nothing} and is ${after[name] ?? nothing}`;
    told.push(isNarrower ? breaking(says) : harmless(says));
  };
  const low = Number.NEGATIVE_INFINITY;
  const high = Number.POSITIVE_INFINITY;
  compare("least", (after.least ?? low) > (before.least ?? low));
  compare("most", (after.most ?? high) < (before.most ?? high));
  return told;
};

const ofPattern = (before: Field, after: Field): Told[] => {
  if (before.pattern === after.pattern) return [];
  return after.pattern === null
    ? [harmless("is no longer held to a pattern")]
    : [breaking(`must match ${after.pattern} now`)];
};

/** A mark that goes would show what had been promised to be masked. */
const ofMark = (before: Field, after: Field): Told[] => {
  if (before.personal === after.personal) return [];
  return after.personal
    ? [harmless("is personal now: it is masked")]
    : [breaking("is no longer marked as personal")];
};

const between = (before: Field, after: Field): Told[] => {
  if (before.type !== after.type)
    return [breaking(`was of type ${before.type} and is of type ${after.type}`)];
  return [presence, ofValues, limits, ofPattern, ofMark].flatMap((of) => of(before, after));
};

const keyOf = ({ path, variant }: Field): string => `${variant ?? ""}\n${path}`;
const at = ({ path, variant }: Field, told: Told): Change => ({ path, variant, ...told });

/** What changed from one version to another, field by field; descriptions do not count. */
export const changesBetween = (before: readonly Field[], after: readonly Field[]): Change[] => {
  const old = new Map(before.map((field) => [keyOf(field), field]));
  const next = new Map(after.map((field) => [keyOf(field), field]));
  const gone = before
    .filter((field) => !next.has(keyOf(field)))
    .map((field) => at(field, breaking("was removed")));
  const others = after.flatMap((field) => {
    const known = old.get(keyOf(field));
    if (known) return between(known, field).map((told) => at(field, told));
    return [at(field, field.required ? breaking("is new and required") : harmless("is new"))];
  });
  return [...gone, ...others];
};

/** Changes in one sentence each, such as "amount was removed". */
export const changeSays = ({ path, variant, says }: Change): string =>
  `${path}${variant === null ? "" : ` (${variant})`} ${says}`;
