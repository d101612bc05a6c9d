import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../errors.ts";
import { topologyIn } from "../map.ts";
import type { Topology } from "../stream/topology.ts";
import { type Command, print, say } from "./command.ts";
import { architecture, refresh } from "./documents.ts";
import { mermaid } from "./mermaid.ts";
import { table } from "./table.ts";

const plain = ({ topics, nodes, edges }: Topology) => ({
  nodes,
  edges,
  topics: topics.map(({ name, partitions, compacted, retentionMs }) => ({
    name,
    partitions,
    compacted,
    retentionMs: compacted ? null : retentionMs,
  })),
});

const optionsOf = (args: string[]) => {
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = { json: flag, mermaid: flag, write: flag };
    return parseArgs({ args, options }).values;
  } catch (thrown) {
    const cure = "Use: graph [--json|--mermaid|--write]";
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown).replace(/\.$/, ""), cure);
  }
};

/** `graph`: who writes and reads what, computed from the map; `--write` refreshes its picture. */
export const graph: Command = async (args, { config }) => {
  const asked = optionsOf(args);
  const topology = topologyIn(config);
  if (asked.write) for (const path of refresh([architecture])) say(`${path} is written anew.`);
  else if (asked.json) print(JSON.stringify(plain(topology), null, 2));
  else if (asked.mermaid) print(mermaid(topology));
  else {
    const rows = topology.edges.map(({ from, kind, to }) => [from, kind, to]);
    print(table(["from", "", "to"], rows));
  }
  return 0;
};
