import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type ProcessName, processNames, roles, rolesNamed } from "../app.ts";
import type { Config } from "../config.ts";
import type { Say } from "../db.ts";
import { failure } from "../errors.ts";
import { createTables, createTopics, seedPolicies } from "../space-setup.ts";
import { awaitKafka } from "../stream/await-kafka.ts";
import { type Command, say as sayPlain } from "./command.ts";
import { greet } from "./up-greeting.ts";
import { superviseProcesses } from "./up-processes.ts";
import { openScreen, watch } from "./up-screen.ts";
import { aborted, lastWordsMs, openStage, orDrained, stopInOrder, stopSignal } from "./up-stage.ts";

/** The processes of `up` but those that are named, or that run a role that is named. */
const processesWithout = (names: readonly string[], say: Say): readonly ProcessName[] => {
  const leftOut = new Set(names.flatMap(rolesNamed).map((role) => roles[role].process));
  const left = [...leftOut].join(" and ");
  if (left !== "") say(`Left out: ${left}. What it reads waits for it until the next \`up\`.`);
  return processNames.filter((name) => !leftOut.has(name));
};

/**
 * `up`: servers, topics, tables and the five processes, with a live summary until Ctrl-C.
 * `--without` leaves a process out, so that the offsets of its groups can be moved.
 */
export const up: Command = async (args, context) => {
  const { config } = context;
  const { values } = parseArgs({
    args,
    options: {
      import: { type: "string" },
      "take-undocumented": { type: "boolean" },
      once: { type: "boolean" },
      json: { type: "boolean" },
      without: { type: "string", multiple: true, default: [] },
    },
  });
  const { import: what, without, ...how } = values;
  if (what !== undefined && without.length > 0)
    throw failure("ARGUMENT_WRONG", "An import runs every process", "Leave --without out.");
  if (what !== undefined) {
    const { upImport } = await import("./up-import.ts");
    const stop = stopSignal();
    return orDrained(stop, () => upImport(context, { ...how, what }, stop));
  }
  for (const flag of ["once", "take-undocumented"] as const)
    if (values[flag])
      throw failure("ARGUMENT_WRONG", `--${flag} needs an import`, "Add --import <kind>:<folder>.");
  const stop = stopSignal();
  return orDrained(stop, () => upLive(config, without, stop));
};

const upLive = async (
  config: Config,
  without: readonly string[],
  stop: AbortSignal,
): Promise<number> => {
  const began = performance.now();
  const screen = openScreen();
  const names = processesWithout(without, screen.say);
  const stage = await openStage(config, screen.say, stop);
  try {
    const { bootstrap } = stage;
    const patience = { bootstrap, say: screen.say, signal: stop, answers: stage.kafkaAnswers };
    await awaitKafka(() => createTopics(stage.config, bootstrap), patience);
    await awaitKafka(() => seedPolicies(stage.config, bootstrap), patience);
    await createTables(stage.config, screen.say, stop);
    const processes = superviseProcesses({
      names,
      env: stage.env,
      flags: ["--space", config.space],
      say: screen.say,
    });
    const done = new AbortController();
    const until = AbortSignal.any([stop, done.signal]);
    const greeting = greet(stage.config, processes, screen.say, until);
    const watching = watch(processes, screen, began, until);
    const ended = await Promise.race([
      aborted(stop),
      processes.given,
      stage.servers.failed.then((thrown) => Promise.reject(thrown)),
    ]);
    screen.close();
    sayPlain("Stopping …");
    done.abort();
    await stopInOrder(processes);
    await Promise.race([Promise.all([watching, greeting]), delay(lastWordsMs)]);
    return ended?.code ?? 0;
  } finally {
    screen.close();
    await stage.close();
  }
};
