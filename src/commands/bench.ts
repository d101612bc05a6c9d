import { parseArgs } from "node:util";
import { benchmark } from "../../bench/benchmark.ts";
import { type Section, sections } from "../../bench/results.ts";
import { runW1 } from "../../bench/run-w1.ts";
import { failure, sentenceOf } from "../errors.ts";
import { type Command, say } from "./command.ts";

const example = "For example: ./bellwether bench --only w1,line --rounds 3";

const whole = (name: string, raw: string | undefined, least: number): number | undefined => {
  if (raw === undefined) return undefined;
  const value = Number(raw);
  if (raw.trim() !== "" && Number.isInteger(value) && value >= least) return value;
  throw failure("ARGUMENT_WRONG", `--${name} is "${raw}"`, `Give a whole number from ${least}.`);
};

/** parseArgs, with what is wrong said as ours. */
const parsed = <T>(parse: () => T): T => {
  try {
    return parse();
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), example);
  }
};

const w1: Command = async (args, { config }) => {
  const text = { type: "string" } as const;
  const { values } = parsed(() =>
    parseArgs({
      args,
      options: {
        bootstrap: text,
        input: { type: "string", default: "bench-transactions" },
        output: text,
        group: text,
        slot: text,
        "commit-ms": text,
      },
    }),
  );
  const { bootstrap, output, group } = values;
  if (!bootstrap || !output || !group)
    throw failure(
      "ARGUMENT_WRONG",
      "bench w1 needs a broker, an output topic and a group",
      "Pass --bootstrap host:port --input topic --output topic --group name.",
    );
  await runW1({
    config,
    bootstrap,
    input: values.input,
    output,
    group,
    slot: whole("slot", values.slot, 0),
    commitMs: whole("commit-ms", values["commit-ms"], 1),
  });
  return 0;
};

const sectionsNamed = (list: string | undefined): readonly Section[] => {
  if (list === undefined) return sections;
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !sections.includes(name as Section));
  if (unknown === undefined) return names as Section[];
  throw failure("ARGUMENT_WRONG", `There is no part "${unknown}"`, `Give ${sections.join(", ")}.`);
};

/**
 * `bench` measures ours and the peers in turns and writes bench/results.jsonl and bench/RESULTS.md
 * (with --quick: in .bellwether/bench). `bench w1` runs W1 on the engine until SIGTERM.
 */
export const bench: Command = async (args, context) => {
  if (args[0] === "w1") return w1(args.slice(1), context);
  const text = { type: "string" } as const;
  const { values } = parsed(() =>
    parseArgs({
      args,
      options: {
        only: text,
        rounds: text,
        data: text,
        peers: text,
        bootstrap: text,
        quick: { type: "boolean", default: false },
      },
    }),
  );
  const { config } = context;
  const failures = await benchmark({
    only: sectionsNamed(values.only),
    rounds: whole("rounds", values.rounds, 1) ?? (values.quick ? 1 : 3),
    quick: values.quick,
    data: values.data ?? config.bellwetherData,
    peers: values.peers ?? config.bellwetherPeers,
    bootstrap: values.bootstrap,
    say,
  });
  return failures.length === 0 ? 0 : 1;
};
