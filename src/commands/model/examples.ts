import { failure } from "../../errors.ts";
import type { Groups } from "../../rules/scoring/report.ts";
import { textOf } from "./text.ts";

/** What rows mean: `features.json`, as training/README.md says. */
export type Description = {
  readonly feature_set: string;
  readonly predicts: string;
  readonly description: string;
  readonly features: readonly { readonly id: string; readonly direction?: 1 | 0 | -1 }[];
  /** What rows hold besides, and models do not learn from. */
  readonly aside: readonly string[];
};

/** A row to learn from or to judge by; NaN is missing. */
export type Labelled = {
  readonly customer: string;
  readonly asOf: string;
  readonly label: 0 | 1;
  readonly values: Float64Array;
  readonly groups: Groups | undefined;
};

const wrong = (what: string, cure: string) => failure("ARGUMENT_WRONG", what, cure);

const parse = (text: string, where: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw wrong(`${where} is not one JSON object`, "Export the rows again");
  return value as Record<string, unknown>;
};

/** Reads `features.json`. Throws ARGUMENT_WRONG. */
export const readDescription = (path: string): Description => {
  const about = parse(textOf(path), path);
  for (const field of ["feature_set", "predicts", "description"])
    if (typeof about[field] !== "string" || about[field] === "")
      throw wrong(`${path} has no "${field}"`, "Export the features again");
  const features = Array.isArray(about.features) ? about.features : [];
  const ids = features.map((feature) => feature?.id);
  if (ids.length === 0 || !ids.every((id) => typeof id === "string" && id !== ""))
    throw wrong(`${path} has features without an id`, "Give every feature an id of its own");
  if (new Set(ids).size < ids.length)
    throw wrong(`${path} names a feature twice`, "Give every feature an id of its own");
  const strange = features.find(({ direction = 0 }) => ![-1, 0, 1].includes(direction));
  if (strange)
    throw wrong(
      `${path}: the direction of ${strange.id} is ${strange.direction}`,
      "Give -1, 0 or 1",
    );
  const isAside = ({ for_models }: { for_models?: boolean }) => for_models === false;
  return {
    ...(about as unknown as Description),
    features: features.filter((feature) => !isAside(feature)),
    aside: features.filter(isAside).map(({ id }) => id),
  };
};

/** Names in rows that are no features asked for and may stand there all the same. */
type Others = readonly string[] | "all";

const valuesOf = (
  given: Readonly<Record<string, unknown>>,
  places: ReadonlyMap<string, number>,
  where: string,
  passedOver: Others,
): Float64Array => {
  const values = new Float64Array(places.size).fill(Number.NaN);
  for (const [name, value] of Object.entries(given)) {
    const place = places.get(name);
    if (place === undefined) {
      if (passedOver === "all" || passedOver.includes(name)) continue;
      throw wrong(`${where}: ${name} is not among the features`, "Describe it as well");
    }
    if (value === null) continue;
    if (typeof value !== "number" || !(Math.abs(value) <= 3.4e38))
      throw wrong(`${where}: ${name} is ${JSON.stringify(value)}`, "Give a number, or null");
    values[place] = value;
  }
  return values;
};

const groupsOf = (given: unknown, where: string): Groups | undefined => {
  if (given === undefined || given === null) return undefined;
  const entries = typeof given === "object" ? Object.entries(given) : [];
  if (entries.length === 0 || !entries.every(([, group]) => typeof group === "string"))
    throw wrong(`${where}: "groups" is no object of texts`, 'Give such as {"sex": "F"}');
  return Object.fromEntries(entries);
};

/**
 * Reads rows of NDJSON in the order of `features`, sorted by customer and time so that the order of
 * the file does not matter; features that are neither asked for nor `passedOver` are refused. Rows
 * whose label is null are left out: what came of them is not known. Throws ARGUMENT_WRONG that
 * names the line.
 */
export const readExamples = (
  path: string,
  features: readonly string[],
  passedOver: Others,
): Labelled[] => {
  const places = new Map(features.map((id, place) => [id, place]));
  const found: Labelled[] = [];
  for (const [index, line] of textOf(path).split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `${path}, line ${index + 1}`;
    const row = parse(line, where);
    const { customer_id: customer, as_of: asOf, label } = row;
    if (typeof customer !== "string" || customer === "")
      throw wrong(`${where} has no "customer_id"`, "Give every row its customer");
    if (typeof asOf !== "string" || asOf === "")
      throw wrong(`${where} has no "as_of"`, "Give every row its time");
    if (label === null) continue;
    if (label !== 0 && label !== 1)
      throw wrong(`${where}: the label is ${JSON.stringify(label)}`, "Give 0 or 1");
    if (row.features === null || typeof row.features !== "object")
      throw wrong(`${where} has no object "features"`, "Export the rows again");
    const given = row.features as Record<string, unknown>;
    const values = valuesOf(given, places, where, passedOver);
    found.push({ customer, asOf, label, values, groups: groupsOf(row.groups, where) });
  }
  if (found.length === 0)
    throw wrong(`${path} holds no rows with a label`, "Export rows of both outcomes");
  const key = ({ customer, asOf, label, values }: Labelled) =>
    `${customer}\n${asOf}\n${label}\n${values.join()}`;
  const keys = new Map(found.map((one) => [one, key(one)]));
  return found.sort((a, b) => (keys.get(a)! < keys.get(b)! ? -1 : 1));
};
