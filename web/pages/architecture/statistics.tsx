import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import type { Graph, GraphNode } from "./graph.ts";
import { badgeWords } from "./words.ts";

type Tally = { name: string; rows: [string, number][] };

const tally = (name: string, values: readonly string[]): Tally => {
  const by = Map.groupBy(values, (value) => value);
  const rows = [...by].map(([value, all]): [string, number] => [value, all.length]);
  return { name, rows: rows.sort((a, b) => b[1] - a[1]) };
};

const most = 7;
const sum = (nodes: readonly GraphNode[], of: (node: GraphNode) => readonly unknown[]) =>
  nodes.reduce((all, node) => all + of(node).length, 0);

/** How many there are of each kind, among what is listed. */
export const Statistics = ({ nodes, graph }: { nodes: readonly GraphNode[]; graph: Graph }) => {
  const shown = new Set(nodes.map(({ id }) => id));
  const flows = graph.edges.filter(
    ({ from, to, kind }) => kind !== "holds" && shown.has(from) && shown.has(to),
  );
  const topics = new Set(nodes.flatMap((node) => node.topics));
  const lanes = graph.lanes.flatMap(({ id, part, order, name }): [string, number][] => {
    const own = nodes.filter(({ lane, part: of }) => lane.id === id && of === part);
    return own.length === 0 ? [] : [[`${order} ${name}`, own.length]];
  });
  const words = {
    stream: "Through Kafka",
    call: "Calls",
    store: "To and from stores",
    same: "Same",
  };
  const tallies: Tally[] = [
    { name: "By layer", rows: lanes },
    tally(
      "By deployment",
      nodes.map(({ badge }) => badgeWords[badge] ?? badge),
    ),
    tally(
      "By status",
      nodes.map(({ retired }) => (retired ? "Retired" : "In use")),
    ),
    tally(
      "By protocol",
      nodes.flatMap(({ protocols_in, protocols_out }) => [
        ...new Set([...protocols_in, ...protocols_out].map((one) => one.replace(/ \(.*\)$/, ""))),
      ]),
    ),
    tally(
      "Flows",
      flows.map(({ kind }) => words[kind as keyof typeof words]),
    ),
    {
      name: "In all",
      rows: [
        ["Components", nodes.length],
        ["Functions", sum(nodes, ({ functions }) => functions)],
        ["API calls", sum(nodes, ({ api_calls }) => api_calls)],
        ["Database operations", sum(nodes, ({ database_operations: all }) => all)],
        ["Topics", topics.size],
      ],
    },
  ];
  return (
    <Panel title="Statistics" aside="of what is listed">
      <div className="panel-body arch-tallies">
        {tallies.map(({ name, rows }) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <dl>
              {(rows.length > most + 4 ? rows.slice(0, most) : rows).map(([value, n]) => (
                <div key={value}>
                  <dt>{value}</dt>
                  <dd>{count(n)}</dd>
                </div>
              ))}
              {rows.length > most + 4 && (
                <div>
                  <dt className="soft">{count(rows.length - most)} others</dt>
                  <dd>{count(rows.slice(most).reduce((all, [, n]) => all + n, 0))}</dd>
                </div>
              )}
            </dl>
          </section>
        ))}
      </div>
    </Panel>
  );
};
