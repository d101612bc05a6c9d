import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { locateServers } from "../embedded/servers.ts";
import { groupsOf } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { LagWatch, type PartLag } from "../stream/lag.ts";
import { type Command, print } from "./command.ts";
import { table } from "./table.ts";
import { stopSignal } from "./up-stage.ts";

const watchEveryMs = 1_000;

/** `lag [--watch] [--json]`: how far each group of the space is behind, in records and seconds. */
export const lag: Command = async (args, { config }) => {
  const { values } = parseArgs({
    args,
    options: {
      watch: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const { bootstrap } = locateServers(config, ["kafka"]).kafka;
  const admin = AdminPort.open(bootstrap);
  const watch = new LagWatch(bootstrap, admin);
  const there = new Set(await admin.topicNames());
  const groups = groupsOf(config).map(({ group, topics }) => ({
    group,
    topics: topics.filter(({ name }) => there.has(name)),
  }));
  const stop = stopSignal();
  try {
    do {
      const rows = byTopic(await watch.read(groups, Date.now()));
      if (values.json) print(JSON.stringify(rows));
      else
        print(
          (values.watch ? "\n" : "") + table(Object.keys(rows[0] ?? {}), rows.map(Object.values)),
        );
      if (values.watch) await delay(watchEveryMs, undefined, { signal: stop }).catch(() => {});
    } while (values.watch && !stop.aborted);
    return 0;
  } finally {
    await watch.close();
    admin.close();
  }
};

type TopicLag = { group: string; topic: string; records: number; seconds: number };

const byTopic = (lags: readonly PartLag[]): TopicLag[] => {
  const found = new Map<string, TopicLag>();
  for (const { group, topic, records, seconds } of lags) {
    const name = `${group} ${topic}`;
    const sum = found.get(name) ?? { group, topic, records: 0, seconds: 0 };
    sum.records += records;
    sum.seconds = Math.max(sum.seconds, Math.round(seconds * 10) / 10);
    found.set(name, sum);
  }
  return [...found.values()];
};
