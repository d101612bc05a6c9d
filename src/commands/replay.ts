import { cp } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { failure, sentenceOf } from "../errors.ts";
import { timeMs } from "../events/time.ts";
import { policies } from "../events/topics.ts";
import { type ImportResult, importer } from "../ingest/import/importer.ts";
import { type PastRecord, pacer, replaySource } from "../ingest/replay.ts";
import { createTables, createTopics, seedPolicies } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import type { RawMessage } from "../stream/kafka.ts";
import { restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import { openWriter } from "../stream/writer.ts";
import { caughtUp } from "./caught-up.ts";
import { type Command, print, say } from "./command.ts";
import { beside, judgeFirst } from "./judge-first.ts";
import { lineTopics, openPast, type Past, pastRecord } from "./past.ts";
import { replayTotals, totalLines } from "./replay-totals.ts";
import { openStage, orDrained, type Stage, stopSignal } from "./up-stage.ts";

const usage =
  "replay --space <name> [--of <space>] [--from <time>] [--to <time>] [--speed max|<times>]";
const processes = ["line", "side", "out"] as const;

type Wanted = { of: string; from: number; to: number; speed: number; json: boolean };

const timeGiven = (name: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback;
  const ms = timeMs(text);
  if (Number.isNaN(ms))
    throw failure("ARGUMENT_WRONG", `${name} is not a time`, "Give one such as 2026-01-31T08:00Z.");
  return ms;
};

const parse = (args: string[]) => {
  try {
    const text = { type: "string" } as const;
    const options = { from: text, to: text, of: text, speed: text, json: { type: "boolean" } };
    return parseArgs({ args, options: options as typeof options & { json: { type: "boolean" } } })
      .values;
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
};

const wantedOf = (args: string[], { space }: Config): Wanted => {
  const { of = "live", speed = "max", json = false, ...times } = parse(args);
  const from = timeGiven("--from", times.from, 0);
  const to = timeGiven("--to", times.to, Number.POSITIVE_INFINITY);
  const pace = speed === "max" ? Number.POSITIVE_INFINITY : Number(speed.replace(/x$/, ""));
  if (!(pace > 0))
    throw failure(
      "ARGUMENT_WRONG",
      `"${speed}" is no speed`,
      "Give max, or 60 for an hour a minute.",
    );
  if (!(from < to)) throw failure("ARGUMENT_WRONG", "--from is not before --to", `Use: ${usage}`);
  if (space === "live" || space === of)
    throw failure(
      "ARGUMENT_WRONG",
      "A replay needs a space of its own",
      `Name one with --space, such as --space again; what it replays is --of (${of}).`,
    );
  return { of, from, to, speed: pace, json };
};

/**
 * `replay`: streams a space's History of profiles, transactions and outcomes into a space of its
 * own, with the line running over it: at full speed the line starts when all is written, else
 * beside it. Ends when every group has caught up, and says what came out, with hashes: two
 * replays of one past have the same.
 */
export const replay: Command = async (args, { config: given }) => {
  const wanted = wantedOf(args, given);
  const stop = stopSignal();
  return orDrained(stop, () => replayIn(given, wanted, stop));
};

const replayIn = async (given: Config, wanted: Wanted, stop: AbortSignal): Promise<number> => {
  const stage = await openStage({ ...given, disorderMs: 0, lateAfterMinutes: 0 }, say, stop);
  const { config, bootstrap } = stage;
  try {
    const past = await openPast(config, bootstrap, wanted.of, lineTopics);
    try {
      for (const note of past.notes) say(note);
      await createTopics(config, bootstrap);
      await createTables(config, say, stop);
      await copyModels(config, wanted.of);
      await copyPolicies(bootstrap, wanted.of, config.space);
      await seedPolicies(config, bootstrap);
      return await play(stage, past, wanted, stop);
    } finally {
      await past.close();
    }
  } finally {
    await stage.close();
  }
};

const play = async (
  stage: Stage,
  past: Past,
  { from, to, speed, json }: Wanted,
  stop: AbortSignal,
): Promise<number> => {
  const { bootstrap, config } = stage;
  const { space } = config;
  const records = () => usable(past);
  const source = replaySource({ identity: past.identity, from, to, records });
  const isPaced = Number.isFinite(speed);
  const pace = isPaced ? pacer(speed, from, stop, () => performance.now()) : undefined;
  const writing = () => importer(source, { bootstrap, space, say, pace }).run(stop);
  const early = isPaced ? undefined : await writing();
  if (early?.state === "stopped") return 0;
  const judged = early && (await judgeFirst(stage, say, stop));
  if (early && judged !== "caught up") return judged?.code ?? 0;
  const worked = async (until: AbortSignal): Promise<ImportResult | undefined> => {
    const written = early ?? (await writing());
    return (await caughtUp(stage, until)) && written;
  };
  const ended = await beside(stage, { names: processes }, say, stop, worked);
  if (ended === undefined) return 0;
  if ("code" in ended) return ended.code;
  const totals = await replayTotals(config, bootstrap, ended);
  if (json) print(JSON.stringify(totals));
  else for (const text of totalLines(totals)) print(text);
  return 0;
};

async function* usable(past: Past): AsyncGenerator<PastRecord> {
  for await (const told of past.told()) {
    const record = pastRecord(told);
    if (record !== undefined) yield record;
  }
}

/** A space with models of its own is replayed with them. */
const copyModels = async ({ dataFolder, space }: Config, of: string): Promise<void> => {
  const models = join(dataFolder, "models");
  await cp(join(models, of), join(models, space), { recursive: true }).catch((thrown) => {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
  });
};

/** The policies of the past, with the times from which they held, where the space has none. */
const copyPolicies = async (bootstrap: string, of: string, space: string): Promise<void> => {
  const read = async (from: string): Promise<RawMessage[]> => {
    const found: RawMessage[] = [];
    const apply = (message: RawMessage) => void found.push(message);
    const topic = inSpace(from, policies.name);
    await restore({ bootstrap, admin, parts: [{ topic, partition: 0, apply }] });
    return found;
  };
  const admin = AdminPort.open(bootstrap);
  try {
    if ((await read(space)).length > 0) return;
    const writer = await openWriter({ bootstrap, space, source: "policies@1" });
    for (const { key, value } of await read(of))
      if (key !== null && value !== null)
        await writer.send(policies, key.toString("utf8"), policies.read(value));
    await writer.close();
  } finally {
    admin.close();
  }
};
