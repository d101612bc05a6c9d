import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../errors.ts";
import { measureProcess } from "../figures.ts";
import { importer } from "../ingest/import/importer.ts";
import { reportLines } from "../ingest/import/tally.ts";
import { type Command, print } from "./command.ts";
import { spaceOfKind } from "./import-kind.ts";
import { openImport } from "./imports.ts";
import { located, supervisorLink } from "./run.ts";

const sayEvery = 100_000;

const usage = "import berka|uci-credit <folder> [--take-undocumented]";

type Asked = { kind: string; folder: string; takesUndocumented: boolean };

const askedOf = (args: string[]): Asked => {
  try {
    const options = { "take-undocumented": { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const [kind, folder, ...more] = positionals;
    const takesUndocumented = values["take-undocumented"];
    if (folder !== undefined && more.length === 0) return { kind, folder, takesUndocumented };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  throw failure("ARGUMENT_WRONG", "import needs a kind and a folder", "Such as berka ./data.");
};

/**
 * `import <kind> <folder>`: writes a folder of data into a space, once, and says what became of it.
 */
export const importFolder: Command = async (args, { config: given }) => {
  const { kind, folder, takesUndocumented } = askedOf(args);
  const config = located({
    ...given,
    space: given.space === "live" ? spaceOfKind(kind) : given.space,
  });
  const { figures, read } = measureProcess();
  const link = supervisorLink(read);
  const { source } = await openImport(`${kind}:${folder}`, takesUndocumented);
  const told = { events: 0, present: false };
  figures.source = told;
  let said = 0;
  const progress = (written: number) => {
    told.events = written;
    if (written - said < sayEvery) return;
    said = written;
    link.say(`${written} records are written …`);
  };
  const bootstrap = config.kafkaBootstrapServers;
  const { space } = config;
  const result = await importer(source, { bootstrap, space, progress }).run(link.signal);
  const words = { done: "imported", already: "already imported", stopped: "stopped" };
  const line = `${kind}: ${words[result.state]}, ${result.position} records in the space ${space}.`;
  if (process.send) link.say(line);
  else for (const text of [...reportLines(source.reports), line]) print(text);
  told.present = result.state !== "stopped";
  link.tell();
  return 0;
};
