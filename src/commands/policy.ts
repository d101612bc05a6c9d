import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { type PolicyDocument, policyKey } from "../events/policy.ts";
import { timeMs } from "../events/time.ts";
import { modelShelf } from "../models.ts";
import {
  activatePolicy,
  draftPolicy,
  type PolicyPlace,
  readDrafts,
  readPolicies,
  readPolicy,
} from "../policies.ts";
import { checkModel } from "../process/delinquency/models.ts";
import { policyHash, versionAt, versionsOf } from "../rules/policy.ts";
import { differencesOf } from "../rules/policy-difference.ts";
import { shippedTemplates } from "../sink/notify/templates.ts";
import { type Command, print, say } from "./command.ts";
import { holderOf, withTables } from "./keys.ts";
import { table } from "./table.ts";

const usage =
  "Such as: policy draft contact-2.json, policy diff contact:default:1 contact-2.json, " +
  "policy activate contact:default:2 --at 2027-01-01T00:00:00Z, policy list.";

type How = { json: boolean; by: string | undefined; at: string | undefined };

/** `policy draft | diff | activate | list`: versions of policies, and how they come into force. */
export const policy: Command = async (args, { config }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      by: { type: "string" },
      at: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [what, one, other] = positionals;
  const how: How = { json: values.json, by: values.by ?? config.bellwetherKey, at: values.at };
  if (what === "draft" && one !== undefined) return draft(config, one, how);
  if (what === "activate" && one !== undefined) return activate(config, one, how);
  if (what === "diff" && one !== undefined && other !== undefined)
    return diff(config, one, other, how);
  if (what === "list") return list(config, how);
  throw failure("ARGUMENT_WRONG", "policy needs draft, diff, activate or list", usage);
};

const atPlace = <T>(config: Config, work: (place: PolicyPlace) => Promise<T>): Promise<T> => {
  const { bootstrap } = locateServers(config, ["kafka"]).kafka;
  const { space, modelsFolder, dataFolder } = config;
  const shelf = modelShelf([modelsFolder, join(dataFolder, "models", space)]);
  const templates = shippedTemplates(config);
  const checks: Pick<PolicyPlace, "checkModel" | "refusalOf"> = {
    checkModel: (document) => checkModel(document, shelf),
    refusalOf: (message, channel) => templates.refusal(message, channel),
  };
  return withTables(config, (pool) => work({ pool, bootstrap, space, ...checks }));
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw failure("ARGUMENT_WRONG", `${file} cannot be read`, "Give the path of a JSON file.");
  }
};

const draft = async (config: Config, file: string, how: How): Promise<number> => {
  const document = readPolicy(await textOf(file), file);
  return atPlace(config, async (place) => {
    const author = await holderOf(place.pool, how.by);
    const made = await draftPolicy(document, author, place);
    if (how.json) print(JSON.stringify(made));
    else print(`${made.key} is drafted by ${author.name}, hash ${made.hash}.`);
    if (!how.json) say(`Another person puts it in force: policy activate ${made.key}.`);
    return 0;
  });
};

const activate = (config: Config, named: string, { by, at, json }: How): Promise<number> => {
  const time = at === undefined ? undefined : timeMs(at);
  if (Number.isNaN(time))
    throw failure("ARGUMENT_WRONG", "--at is no time", "Give one such as 2027-01-01T00:00:00Z.");
  return atPlace(config, async (place) => {
    const holder = await holderOf(place.pool, by);
    const made = await activatePolicy(named, holder, time, place);
    if (json) print(JSON.stringify(made));
    else {
      const from = made.effectiveFrom === null ? "the beginning" : made.effectiveFrom;
      print(`${made.key} holds for events from ${from} on, hash ${made.hash}.`);
    }
    return 0;
  });
};

/** A document by the name of a version or draft, or by the path of a file. */
const documentOf = async (named: string, place: PolicyPlace): Promise<PolicyDocument> => {
  if (named.endsWith(".json")) return readPolicy(await textOf(named), named);
  const drafts = (await readDrafts(place.pool)).map(({ document }) => document);
  const known = [...(await readPolicies(place.bootstrap, place.space)).values(), ...drafts];
  const isNamed = (one: PolicyDocument) =>
    [policyKey(one), `${one.name}:${one.version}`].includes(named);
  const found = known.filter((one) => one !== undefined).filter(isNamed);
  const keys = new Set(found.map(policyKey));
  if (keys.size === 1) return found[0];
  throw failure(
    "ARGUMENT_WRONG",
    `${keys.size === 0 ? "No version is" : "Several versions are"} called ${named}`,
    "Give kind:name:version as ./bellwether policy list shows it, or a file.",
  );
};

const diff = (config: Config, one: string, other: string, { json }: How): Promise<number> =>
  atPlace(config, async (place) => {
    const [before, after] = [await documentOf(one, place), await documentOf(other, place)];
    const said = ({ effective_from, activated_by, ...rest }: PolicyDocument) => rest;
    const found = differencesOf(said(before), said(after));
    if (json) print(JSON.stringify(found));
    else if (found.length === 0) say("They say the same.");
    else {
      const shown = (value: unknown) => (value === undefined ? "–" : JSON.stringify(value));
      const rows = found.map(({ path, before, after }) => [path, shown(before), shown(after)]);
      print(table(["field", one, other], rows));
    }
    return 0;
  });

type Listed = {
  policy: string;
  state: "draft" | "scheduled" | "in force" | "past" | "unreadable";
  effective_from: string | null;
  author: string | null;
  activated_by: string | null;
  hash: string | null;
};

const list = (config: Config, { json }: How): Promise<number> =>
  atPlace(config, async (place) => {
    const rows = await listed(place, Date.now());
    if (json) print(JSON.stringify(rows));
    else if (rows.length === 0) say("No policies yet. Run ./bellwether topics create.");
    else print(table(Object.keys(rows[0]), rows.map(Object.values)));
    return 0;
  });

const listed = async ({ pool, bootstrap, space }: PolicyPlace, now: number): Promise<Listed[]> => {
  const drafts = await readDrafts(pool);
  const authors = new Map(drafts.map((one) => [policyKey(one.document), one.author]));
  const known = await readPolicies(bootstrap, space);
  const readable = new Map([...known].filter(([, document]) => document !== undefined));
  const rows: Listed[] = [];
  for (const [key, document] of known) {
    const author = authors.get(key) ?? null;
    const of = { policy: key, author, activated_by: document?.activated_by ?? null };
    if (document === undefined) {
      rows.push({ ...of, state: "unreadable", effective_from: null, hash: null });
      continue;
    }
    const versions = versionsOf(readable, document.kind, document.name);
    const isAhead = document.effective_from && timeMs(document.effective_from) > now;
    const isNow = versionAt<PolicyDocument>(versions, now) === document;
    const state = isNow ? "in force" : isAhead ? "scheduled" : "past";
    const effective_from = document.effective_from ?? null;
    rows.push({ ...of, state, effective_from, hash: policyHash(document) });
  }
  for (const { document, hash, author } of drafts) {
    const key = policyKey(document);
    const nobody = { effective_from: null, activated_by: null };
    if (!known.has(key)) rows.push({ policy: key, state: "draft", ...nobody, author, hash });
  }
  return rows.sort((a, b) => a.policy.localeCompare(b.policy, "en", { numeric: true }));
};
