import { parseArgs } from "node:util";
import { locateServers } from "../embedded/servers.ts";
import { failure, sentenceOf } from "../errors.ts";
import { interventionsStream, predictionsStream, transactionsStream } from "../events/topics.ts";
import { loadPrefix, offerLoad, type Sent } from "../ingest/load.ts";
import { Quantiles } from "../rules/quantiles.ts";
import { AdminPort } from "../stream/admin.ts";
import { readHeader } from "../stream/header.ts";
import { partitionKey } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import { Fetcher } from "../stream/wire/fetcher.ts";
import { openWriter } from "../stream/writer.ts";
import { type Command, print, say } from "./command.ts";
import { table } from "./table.ts";

const usage =
  "./bellwether load transactions --rate 2000 --seconds 30 [--failed-share 0.2] " +
  "[--troubled-share 0.1] [--customers 2000] [--warm-up 0] [--seed 1] [--json]";

const optionsOf = (args: string[]) => {
  const text = (fallback?: string) => ({ type: "string", default: fallback }) as const;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rate: text(),
        seconds: text(),
        "failed-share": text("0.2"),
        "troubled-share": text("0.1"),
        customers: text("2000"),
        "warm-up": text("0"),
        seed: text("1"),
        json: { type: "boolean", default: false },
      },
    });
    if (positionals.join(" ") !== "transactions") throw new Error("load sends transactions");
    const number = (name: string, raw: string | undefined, low: number, high: number) => {
      const value = Number(raw ?? Number.NaN);
      if (!(value >= low && value <= high) || raw?.trim() === "")
        throw new Error(`--${name} must be a number from ${low} to ${high}`);
      return value;
    };
    return {
      rate: number("rate", values.rate, 1, 200_000),
      seconds: number("seconds", values.seconds, 1, 86_400),
      failedShare: number("failed-share", values["failed-share"], 0, 1),
      troubledShare: number("troubled-share", values["troubled-share"], 0, 1),
      customers: Math.floor(number("customers", values.customers, 1, 1_000_000)),
      warmUpS: number("warm-up", values["warm-up"], 0, 86_400),
      seed: Math.floor(number("seed", values.seed, 0, 2 ** 31)),
      json: values.json,
    };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `For example: ${usage}`);
  }
};

/** From the intended time of a transaction until what it led to can be read, in microseconds. */
type Latencies = Map<string, Quantiles>;

const watched = [predictionsStream, interventionsStream];

type Watching = { bootstrap: string; space: string; admin: AdminPort; warmUpS: number };

/** Reads what the load leads to, as it becomes visible, until it is stopped. */
const watch = async ({ bootstrap, space, admin, warmUpS }: Watching) => {
  const parts = watched.flatMap((topic) =>
    Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: inSpace(space, topic.name),
      partition,
    })),
  );
  const ends = await admin.endOffsets(parts);
  const fetcher = new Fetcher({ bootstrap });
  fetcher.add(parts.map((p) => ({ ...p, offset: ends.get(partitionKey(p)) ?? 0 })));
  const latencies: Latencies = new Map(
    watched.map((topic) => [inSpace(space, topic.name), new Quantiles()]),
  );
  // What a troubled past leads to bears times before this one, and is no answer to the load.
  const begun = Date.now();
  const countedFrom = begun + warmUpS * 1_000;
  const state = { newest: begun, stopped: false };
  const reading = (async () => {
    while (!state.stopped) {
      const { messages } = await fetcher.consume(500, 10);
      const now = Date.now();
      for (const message of messages) {
        const header = readHeader(message.headers);
        if (!header || !message.key?.toString("latin1").startsWith(loadPrefix)) continue;
        state.newest = now;
        if (header.eventTime < countedFrom) continue;
        latencies.get(message.topic)?.record((now - header.eventTime) * 1_000);
      }
    }
    fetcher.close();
  })();
  return { latencies, state, reading };
};

const quietMs = 2_000;
const longestMs = 30_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const rounded = (microseconds: number): number | null =>
  Number.isNaN(microseconds) ? null : Math.round(microseconds / 100) / 10;
const figures = (name: string, quantiles: Quantiles) => ({
  name,
  count: quantiles.count,
  p50_ms: rounded(quantiles.at(0.5)),
  p99_ms: rounded(quantiles.at(0.99)),
  most_ms: rounded(quantiles.count === 0 ? Number.NaN : quantiles.most),
});

const report = (sent: Sent, latencies: Latencies, json: boolean): void => {
  const rows = [...latencies].map(([name, quantiles]) => figures(name, quantiles));
  const perSecond = Math.round((sent.sent * 1_000) / Math.max(1, sent.ms));
  const late = figures("sent late by", sent.delay);
  if (json) {
    const { name: _, count: __, ...delay } = late;
    const latency = Object.fromEntries(rows.map(({ name, ...rest }) => [name, rest]));
    print(JSON.stringify({ sent: sent.sent, per_second: perSecond, delay, latency }));
    return;
  }
  print(`${sent.sent} transactions sent, ${perSecond}/s`);
  print(table(["", "count", "p50 ms", "p99 ms", "most ms"], [late, ...rows].map(Object.values)));
  if (rows.every(({ count }) => count === 0))
    say("Nothing came of them: is the line of this space running? ./bellwether lag shows it.");
};

const checkTopics = async (admin: AdminPort, space: string): Promise<void> => {
  const there = new Set(await admin.topicNames());
  for (const topic of [transactionsStream, ...watched])
    if (!there.has(inSpace(space, topic.name)))
      throw failure("TOPIC_MISSING", inSpace(space, topic.name));
};

/**
 * `load transactions --rate N --seconds S`: offers a steady load of made-up customers to the space
 * and says how long after its intended time each transaction's prediction and intervention could be
 * read. The first seconds may be left out of the latencies (`--warm-up`): in them it tells of all
 * its customers, and its own clients are cold. Ctrl-C ends it early, with what was measured so far.
 */
export const load: Command = async (args, { config }) => {
  const { json, warmUpS, ...options } = optionsOf(args);
  const { space } = config;
  const { bootstrap } = locateServers(config, ["kafka"]).kafka;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const admin = AdminPort.open(bootstrap);
  try {
    await checkTopics(admin, space);
    const writer = await openWriter({ bootstrap, space, source: "load@1" });
    const { latencies, state, reading } = await watch({ bootstrap, space, admin, warmUpS });
    const progress = (sent: number, ms: number) =>
      say(`${sent} sent, ${Math.round((sent * 1_000) / ms)}/s`);
    const sent = await offerLoad({ ...options, writer, progress }, stop.signal);
    const end = Date.now();
    while (Date.now() - Math.max(state.newest, end) < quietMs && Date.now() - end < longestMs)
      await pause(50);
    state.stopped = true;
    await reading;
    await writer.close();
    report(sent, latencies, json);
    return 0;
  } finally {
    admin.close();
  }
};
