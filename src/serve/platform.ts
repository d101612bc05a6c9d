import { readFileSync, statSync } from "node:fs";
import { Compile } from "typebox/compile";
import { failure, sentenceOf } from "../errors.ts";
import { type Platform, platformFile } from "./messages/platform.ts";

const fileMaxBytes = 4_000_000;
const compiled = Compile(platformFile);

const wrong = (file: string, detail: string) =>
  failure("PLATFORM_WRONG", file, detail.replace(/\.$/, ""));

const textIn = (file: string): string => {
  try {
    const { size } = statSync(file);
    if (size > fileMaxBytes) throw new Error(`it is larger than ${fileMaxBytes} bytes`);
    return readFileSync(file, "utf8");
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    const detail = code === "ENOENT" ? "there is no such file" : sentenceOf(thrown);
    throw wrong(file, detail);
  }
};

const parsed = (file: string): unknown => {
  try {
    return JSON.parse(textIn(file));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw wrong(file, `it is not JSON: ${thrown.message}`);
    throw thrown;
  }
};

/** Where in the file a rule is broken, as a person would look for it. */
const spot = (value: unknown, path: string): string => {
  const steps = path.split("/").filter(Boolean);
  let at: unknown = value;
  const names = steps.map((step) => {
    at = (at as Record<string, unknown> | undefined)?.[step];
    const { id } = (at ?? {}) as { id?: unknown };
    return typeof id === "string" ? `${step} (${id})` : step;
  });
  return names.length === 0 ? "the file" : names.join(" → ");
};

const twice = (ids: readonly string[]): string | undefined =>
  ids.find((id, at) => ids.indexOf(id) !== at);

/** What a schema cannot say: every name that is used is declared once. Undefined when all is. */
export const brokenReference = (platform: Platform, also: readonly string[] = []) => {
  const { layers, components, flows, scenarios } = platform;
  const doubled = [layers, components, scenarios].map((all) => twice(all.map(({ id }) => id)));
  const found = doubled.find((id) => id !== undefined);
  if (found !== undefined) return `the id "${found}" is given twice`;
  const lanes = new Set(layers.map(({ id }) => id));
  const stray = components.find(({ layer }) => !lanes.has(layer));
  if (stray) return `component "${stray.id}" is in layer "${stray.layer}", which is not declared`;
  const known = new Set([...components.map(({ id }) => id), ...also]);
  const ends = (of: readonly { from: string; to: string }[]) =>
    of.flatMap(({ from, to }) => [from, to]).find((id) => !known.has(id));
  const end = ends(flows);
  if (end !== undefined) return `a flow names "${end}", which is no component`;
  for (const { id, steps } of scenarios) {
    const missing = ends(steps);
    if (missing !== undefined) return `scenario "${id}" names "${missing}", which is no component`;
  }
  return undefined;
};

/** Reads the platform around the product. Throws PLATFORM_WRONG with the reason and the cure. */
export const readPlatform = (file: string): Platform => {
  const value = parsed(file);
  if (!compiled.Check(value)) {
    const [first] = compiled.Errors(value);
    throw wrong(file, `${spot(value, first.instancePath)} ${first.message}`);
  }
  const broken = brokenReference(value);
  if (broken !== undefined) throw wrong(file, broken);
  return value;
};
