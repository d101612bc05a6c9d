import { type Role, type RoleName, roleNames, roles } from "./app.ts";
import type { Config } from "./config.ts";
import { deadLetters, lateEvents } from "./events/engine.ts";
import { topicsKept } from "./events/topics.ts";
import type { Topic } from "./stream/topic.ts";
import { type MapEntry, type Topology, topologyOf } from "./stream/topology.ts";

/** The map of src/app.ts as the engine takes it: plain entries, one for each role. */
export const mapOf = (config: Config): MapEntry[] =>
  roleNames.map((name: RoleName) => {
    const role: Role = roles[name];
    return {
      role: name,
      processors: role.processors?.(config) ?? [],
      ingests: role.ingests ?? [],
      sinks: role.sinks?.(config) ?? [],
    };
  });

/** What follows from the map. Throws TOPOLOGY_WRONG where its parts do not fit together. */
export const topologyIn = (config: Config): Topology =>
  topologyOf(mapOf(config), {
    topics: topicsKept(config.retentionDays),
    deadLetters: deadLetters as Topic,
    lateEvents: lateEvents as Topic,
  });
