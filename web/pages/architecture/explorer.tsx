import { useMemo } from "react";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";
import { type Column, Table, useSort } from "../../parts/table.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { Detail } from "./detail.tsx";
import type { Graph, GraphNode } from "./graph.ts";
import { Sign } from "./icons.tsx";
import { useSelected } from "./state.ts";
import { Statistics } from "./statistics.tsx";
import { badgeWords, type Live, plural } from "./words.ts";

const columns: readonly Column<GraphNode>[] = [
  {
    id: "name",
    title: "Component",
    sort: ({ name }) => name.toLowerCase(),
    cell: ({ icon, color, name, retired }) => (
      <span className="arch-named">
        <Sign icon={icon} color={color} /> {name} {retired && <span className="tag">Retired</span>}
      </span>
    ),
  },
  {
    id: "layer",
    title: "Layer",
    width: 186,
    sort: ({ lane }) => lane.order,
    cell: ({ lane }) => `${lane.order} ${lane.name}`,
  },
  {
    id: "badge",
    title: "Deployment",
    width: 110,
    sort: ({ badge }) => badge,
    cell: ({ badge }) => <span className="tag">{badgeWords[badge] ?? badge}</span>,
  },
];

/** Everything in which a word may stand that somebody looks for. */
const textOf = (node: GraphNode): string =>
  [
    node.name,
    node.id,
    node.description,
    node.owner,
    node.lane.name,
    badgeWords[node.badge],
    ...node.protocols_in,
    ...node.protocols_out,
    ...node.database_operations,
    ...node.functions.flatMap(({ name, says }) => [name, says]),
    ...node.api_calls,
    ...node.topics,
    ...node.ports.map(String),
    node.log_folder ?? "",
  ]
    .join(" ")
    .toLowerCase();

const matches = (node: GraphNode, words: readonly string[]): boolean => {
  const text = textOf(node);
  return words.every((word) => text.includes(word));
};

const laneKey = ({ lane, part }: GraphNode): string => `${part}.${lane.id}`;

/** Every component in a table, with what is known of the chosen one beside it. */
export const Explorer = ({ graph, live }: { graph: Graph; live: Live }) => {
  const [query, setQuery] = useUrlValue("q");
  const [layer, setLayer] = useUrlValue("layer");
  const [badge, setBadge] = useUrlValue("badge");
  const [selected, select] = useSelected();
  const all = useMemo(() => [...graph.nodes.values()], [graph]);
  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter((node) => matches(node, words));
  }, [all, query]);
  const inLayer = (node: GraphNode) => layer === "" || laneKey(node) === layer;
  const inBadge = (node: GraphNode) => badge === "" || node.badge === badge;
  const sort = useSort(
    found.filter((node) => inLayer(node) && inBadge(node)),
    columns,
  );
  const { rows } = sort;
  const chosen = graph.nodes.get(selected);
  const move = (by: number) => {
    const at = rows.findIndex(({ id }) => id === selected);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next) select(next.id);
  };
  useKeys("Components", [
    { keys: "j", does: "Next component", run: () => move(1) },
    { keys: "k", does: "Previous component", run: () => move(-1) },
  ]);
  const layers = graph.lanes.flatMap(({ id, part, order, name }) => {
    const count = found.filter((n) => inBadge(n) && laneKey(n) === `${part}.${id}`).length;
    return [{ value: `${part}.${id}`, name: `${order} ${name}`, count }];
  });
  const badges = [...new Set(all.map((node) => node.badge))].map((value) => {
    const count = found.filter((node) => inLayer(node) && node.badge === value).length;
    return { value, name: badgeWords[value] ?? value, count };
  });
  return (
    <>
      <div className="arch-filters">
        <input
          type="search"
          aria-label="Search components"
          placeholder="Name, function, protocol, topic, port"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Filter label="Deployment" choices={badges} value={badge} onChange={setBadge} />
        <Filter label="Layer" choices={layers} value={layer} onChange={setLayer} />
      </div>
      <div className="columns arch-columns">
        <Panel
          title={plural(rows.length, "component")}
          aside={<Export name="components" rows={rows.map(exported)} />}
        >
          <Table
            label="Components"
            rows={rows}
            sort={sort}
            columns={columns}
            rowId={({ id }) => id}
            selected={selected}
            onOpen={({ id }) => select(id)}
            height={460}
            empty={<Empty says="No component has all of these words. Take a filter away." />}
          />
        </Panel>
        <Panel title={chosen ? "Component" : "No component is chosen"}>
          {chosen ? (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
            <section className="arch-scroll" aria-label={chosen.name} tabIndex={0}>
              <Detail of={chosen} graph={graph} live={live} onSelect={select} />
            </section>
          ) : (
            <Empty says="Choose one in the table, or press j." />
          )}
        </Panel>
      </div>
      <Statistics nodes={rows} graph={graph} />
    </>
  );
};

const exported = ({ lane, part, ...node }: GraphNode) => ({
  ...node,
  layer: lane.name,
  layer_order: lane.order,
  part,
});
