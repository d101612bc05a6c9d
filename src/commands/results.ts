import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../config.ts";
import { failure, sentenceOf } from "../errors.ts";
import { type Command, print, say } from "./command.ts";
import { berkaResults } from "./results/berka.ts";
import { cardResults } from "./results/cards.ts";
import { resultsPage, type SectionName, sectionNames } from "./results/page.ts";
import { simulatorResults } from "./results/simulator.ts";
import type { Section } from "./results/words.ts";
import { openXgboost, type Xgboost } from "./results/xgboost.ts";

const usage = "results --data <folder> [--only berka,uci,simulator] [--out page.md] [--json]";
const wrong = (what: string) => failure("ARGUMENT_WRONG", what, `Use: ${usage}`);

const namesOf = (only: string | undefined, data: string | undefined): SectionName[] => {
  if (only === undefined) {
    if (data !== undefined) return [...sectionNames];
    say("No folder of real data is given (--data): only the simulator is evaluated.");
    return ["simulator"];
  }
  const names = only.split(",");
  const unknown = names.find((name) => !(sectionNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw wrong(`There are no results of "${unknown}"`);
  if (data === undefined && names.some((name) => name !== "simulator"))
    throw wrong("Real data needs the folder it lies in");
  return sectionNames.filter((name) => names.includes(name));
};

const optionsOf = (args: string[]) => {
  const text = { type: "string" } as const;
  try {
    const options = { data: text, only: text, out: text, json: { type: "boolean" } } as const;
    return parseArgs({ args, options }).values;
  } catch (thrown) {
    throw wrong(sentenceOf(thrown));
  }
};

/**
 * `results`: evaluates the line on real and simulated data and writes docs/results.md. What is not
 * asked for stays in the page as it was.
 */
export const results: Command = async (args, { config }) => {
  const { only, out, json, ...given } = optionsOf(args);
  const data = given.data ?? config.bellwetherData;
  const names = namesOf(only, data);
  const isReal = names.some((name) => name !== "simulator");
  const xgboost: Xgboost = isReal ? await openXgboost(say) : { lack: "not asked for" };
  const makers: Record<SectionName, () => Promise<Section> | Section> = {
    berka: () => berkaResults(join(data ?? "", "berka"), xgboost),
    uci: () => cardResults(join(data ?? "", "uci-credit"), xgboost),
    simulator: () => simulatorResults(config.modelsFolder, say),
  };
  const found: Partial<Record<SectionName, Section>> = {};
  for (const name of names) {
    say(`Computing ${name} …`);
    found[name] = await makers[name]();
  }
  const entries = Object.entries(found);
  const fresh = Object.fromEntries(entries.map(([name, { lines }]) => [name, lines]));
  const page = out ?? join(root, "docs", "results.md");
  const old = existsSync(page) ? readFileSync(page, "utf8") : "";
  writeFileSync(page, resultsPage(old, fresh));
  say(`Written: ${page}`);
  if (json)
    print(
      JSON.stringify(Object.fromEntries(entries.map(([name, { figures }]) => [name, figures]))),
    );
  else for (const [, { lines }] of entries) for (const line of lines) print(line);
  return 0;
};
