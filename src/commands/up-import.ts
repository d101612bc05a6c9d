import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { createTables, createTopics, seedPolicies } from "../space-setup.ts";
import { awaitKafka } from "../stream/await-kafka.ts";
import { orStopped } from "../stream/stopping.ts";
import { caughtUp } from "./caught-up.ts";
import { type Context, print } from "./command.ts";
import { type Import, type Place, spaceOfKind } from "./import-kind.ts";
import { openImport } from "./imports.ts";
import { beside, judgeFirst } from "./judge-first.ts";
import { greet } from "./up-greeting.ts";
import { type SupervisedProcesses, superviseProcesses } from "./up-processes.ts";
import { openScreen, type Screen, watch } from "./up-screen.ts";
import { aborted, lastWordsMs, openStage, type Stage, stopInOrder } from "./up-stage.ts";

export const lineProcesses = ["line", "side", "out", "front"] as const;

type Setup = {
  stage: Stage;
  screen: Screen;
  place: Place;
  opened: Import;
  what: string;
  takesUndocumented: boolean;
};

/** How an import is asked for. */
type Wish = { what: string; once?: boolean; json?: boolean; "take-undocumented"?: boolean };

/**
 * The settings for an import: a space of its own, unless one is named; all of it is the past, and
 * in order, so that deadlines need not wait for stragglers, unless somebody says how long.
 */
export const importConfig = ({ config, given }: Context, kind: string): Config => ({
  ...config,
  space: config.space === "live" ? spaceOfKind(kind) : config.space,
  disorderMs: given?.has("disorderMs") ? config.disorderMs : 0,
  lateAfterMinutes: 0,
});

/**
 * `up --import <kind>:<folder>`: the processes for that kind's space, with the importer as source.
 * With `--once` the line starts when everything is written, and decides when everything is judged;
 * it ends with a summary when every group of the space has caught up, the source's last tick
 * included.
 */
export const upImport = async (
  context: Context,
  wish: Wish,
  stop: AbortSignal,
): Promise<number> => {
  const { what } = wish;
  const takesUndocumented = wish["take-undocumented"] === true;
  const opened = await openImport(what, takesUndocumented);
  const screen = openScreen();
  const stage = await openStage(importConfig(context, opened.kind), screen.say, stop);
  try {
    const { bootstrap } = stage;
    const patience = { bootstrap, say: screen.say, signal: stop, answers: stage.kafkaAnswers };
    await awaitKafka(() => createTopics(stage.config, bootstrap), patience);
    await createTables(stage.config, screen.say, stop);
    const place = { config: stage.config, bootstrap, say: screen.say };
    const ownModels = await orStopped(opened.prepare(place), stop);
    stop.throwIfAborted();
    await awaitKafka(() => seedPolicies(stage.config, bootstrap, ownModels), patience);
    const setup = { stage, screen, place, opened, what, takesUndocumented };
    return wish.once ? await once(setup, stop, wish.json === true) : await follow(setup, stop);
  } finally {
    screen.close();
    await stage.close();
  }
};

const processes = (
  { stage, screen, what, takesUndocumented }: Setup,
  names: readonly ((typeof lineProcesses)[number] | "source")[],
): SupervisedProcesses => {
  const [kind, ...folder] = what.split(":");
  const flags = ["--space", stage.config.space];
  const taking = takesUndocumented ? ["--take-undocumented"] : [];
  const source = ["import", kind, folder.join(":"), ...taking];
  return superviseProcesses({ names, env: stage.env, flags, instead: { source }, say: screen.say });
};

const once = async (setup: Setup, stop: AbortSignal, json: boolean): Promise<number> => {
  const { stage, screen, place, opened } = setup;
  const began = performance.now();
  const failed = stage.servers.failed.then((thrown) => Promise.reject(thrown));
  const source = processes(setup, ["source"]);
  const written = await Promise.race([source.given, aborted(stop), failed]);
  if (written?.code !== 0) {
    await stopInOrder(source);
    return written?.code ?? 0;
  }
  const imported = performance.now();
  screen.say("Judging all of it …");
  const judged = await judgeFirst(stage, screen.say, stop);
  if (judged !== "caught up") return judged?.code ?? 0;
  screen.say("Deciding what to do about it …");
  let processed = imported;
  const ended = await beside(stage, { names: lineProcesses }, screen.say, stop, async (until) => {
    const state = await caughtUp(stage, until);
    processed = performance.now();
    return state;
  });
  if (ended !== "caught up") return ended?.code ?? 0;
  // A run that found everything done has measured nothing.
  const worked = (source.figures().source?.events ?? 0) > 0;
  const timing = { importMs: imported - began, processMs: processed - imported };
  const { lines, json: result } = await opened.summary(place, worked ? timing : undefined);
  screen.close();
  if (json) print(JSON.stringify(result));
  else for (const text of lines) print(text);
  return 0;
};

/** Without `--once`: everything at once, until Ctrl-C; the importer may end before that. */
const follow = async (setup: Setup, stop: AbortSignal): Promise<number> => {
  const { stage, screen } = setup;
  const began = performance.now();
  const source = processes(setup, ["source"]);
  const line = processes(setup, lineProcesses);
  const watching = Promise.all([
    watch(line, screen, began, stop),
    greet(stage.config, line, screen.say, stop),
  ]);
  const refused = source.given.then((end) => (end.code === 0 ? aborted(stop) : end));
  const failed = stage.servers.failed.then((thrown) => Promise.reject(thrown));
  const ended = await Promise.race([aborted(stop), refused, line.given, failed]);
  screen.close();
  screen.say("Stopping …");
  await stopInOrder(source, line);
  await Promise.race([watching, delay(lastWordsMs)]);
  return ended?.code ?? 0;
};
