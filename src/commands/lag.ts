import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { locateServers } from "../embedded/servers.ts";
import { groupsOf } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { type GroupTopics, LagWatch, oldestOf, type PartLag } from "../stream/lag.ts";
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
      const rows = byTopic(groups, await watch.read(groups, Date.now()));
      if (values.json) print(JSON.stringify(rows));
      else print((values.watch ? "\n" : "") + table(Object.keys(rows[0] ?? {}), rows.map(inWords)));
      if (values.watch) await delay(watchEveryMs, undefined, { signal: stop }).catch(() => {});
    } while (values.watch && !stop.aborted);
    return 0;
  } finally {
    await watch.close();
    admin.close();
  }
};

/** null: it could not be asked what the group has read, or how old what waits is. */
type TopicLag = { group: string; topic: string; records: number | null; seconds: number | null };

const byTopic = (groups: readonly GroupTopics[], lags: readonly PartLag[]): TopicLag[] => {
  const found = Map.groupBy(lags, ({ group, topic }) => `${group} ${topic}`);
  return groups.flatMap(({ group, topics }) =>
    topics.map(({ name: topic }) => {
      const own = found.get(`${group} ${topic}`);
      const seconds = own ? oldestOf(own) : null;
      return {
        group,
        topic,
        records: own ? own.reduce((sum, { records }) => sum + records, 0) : null,
        seconds: seconds === null ? null : Math.round(seconds * 10) / 10,
      };
    }),
  );
};

const inWords = (row: TopicLag): unknown[] => Object.values(row).map((value) => value ?? "unknown");
