import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../../errors.ts";
import { type Command, print, say } from "../command.ts";
import { readWithCard } from "./beside.ts";
import { cardPage } from "./page.ts";

const usage = "Use: model card <model.json> [--write] [--json]";

const optionsOf = (args: string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        write: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    if (positionals.length === 1) return { file: positionals[0], ...values };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
  throw failure("ARGUMENT_WRONG", "A model is needed", usage);
};

/**
 * `model card`: what is known of a model, once its card was found to speak of this very file; as a
 * page, which `--write` puts beside it, or as JSON.
 */
export const card: Command = async (args) => {
  const { file, write, json } = optionsOf(args);
  const { card: found } = readWithCard(file);
  if (!found)
    throw failure(
      "ARGUMENT_WRONG",
      `${file} has no card beside it`,
      "Train it with `model train` or training/train.py, which write one.",
    );
  if (write) {
    const path = file.replace(/\.json$/, ".md");
    writeFileSync(path, cardPage(found));
    say(`Wrote ${path}`);
  } else print(json ? JSON.stringify(found) : cardPage(found).trimEnd());
  return 0;
};
