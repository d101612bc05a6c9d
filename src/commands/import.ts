import { failure } from "../errors.ts";
import { measureProcess } from "../figures.ts";
import { importer } from "../ingest/import/importer.ts";
import { type Command, print } from "./command.ts";
import { spaceOfKind } from "./import-kind.ts";
import { openImport } from "./imports.ts";
import { located, supervisorLink } from "./run.ts";

const sayEvery = 100_000;

/**
 * `import <kind> <folder>`: writes a folder of data into a space, once, and says what became of it.
 */
export const importFolder: Command = async (args, { config: given }) => {
  const [kind, folder, ...more] = args;
  if (kind === undefined || folder === undefined || more.length > 0)
    throw failure("ARGUMENT_WRONG", "import needs a kind and a folder", "Such as berka ./data.");
  const config = located({
    ...given,
    space: given.space === "live" ? spaceOfKind(kind) : given.space,
  });
  const { figures, read } = measureProcess();
  const link = supervisorLink(read);
  const { source } = await openImport(`${kind}:${folder}`);
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
  else print(line);
  told.present = result.state !== "stopped";
  link.tell();
  return 0;
};
