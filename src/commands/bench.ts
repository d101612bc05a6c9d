import { parseArgs } from "node:util";
import { runW1 } from "../../bench/run-w1.ts";
import { readConfig } from "../config.ts";
import { failure } from "../errors.ts";

/** `bench w1` runs W1 on the engine against any broker; without a name the whole table is made. */
export const bench = async (args: string[]): Promise<number> => {
  const [name, ...rest] = args;
  if (name !== "w1")
    throw failure("ARGUMENT_WRONG", `There is no benchmark "${name ?? ""}"`, "Give w1.");
  const { values } = parseArgs({
    args: rest,
    options: {
      bootstrap: { type: "string" },
      input: { type: "string", default: "bench-transactions" },
      output: { type: "string" },
      group: { type: "string" },
      slot: { type: "string" },
      "commit-ms": { type: "string" },
    },
  });
  const { bootstrap, output, group } = values;
  if (!bootstrap || !output || !group)
    throw failure(
      "ARGUMENT_WRONG",
      "bench w1 needs a broker, an output topic and a group",
      "Pass --bootstrap host:port --input topic --output topic --group name.",
    );
  await runW1({
    config: readConfig(),
    bootstrap,
    input: values.input,
    output,
    group,
    slot: values.slot === undefined ? undefined : Number(values.slot),
    commitMs: values["commit-ms"] === undefined ? undefined : Number(values["commit-ms"]),
  });
  return 0;
};
