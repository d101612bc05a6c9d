import { Export } from "../../parts/export.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import type { Graph, GraphEdge } from "./graph.ts";
import { type Live, lagWords, nameOf, plural, rateWords } from "./words.ts";

type Row = GraphEdge & {
  fromName: string;
  toName: string;
  rate: string;
  lag: string;
  seen: string;
};

const states = {
  seen: "seen",
  not_seen: "not seen for 7 days",
  undeclared: "not declared",
  unknown: "unknown",
} as const;

const rowsOf = (graph: Graph, live: Live): Row[] => {
  const drawn = graph.edges
    .filter(({ kind }) => kind !== "holds")
    .map((edge): Row => {
      const told = live.flow(edge.from, edge.to);
      return {
        ...edge,
        fromName: nameOf(graph, edge.from),
        toName: nameOf(graph, edge.to),
        rate: rateWords(told?.rate_per_s),
        lag: edge.from.startsWith("topic:") && told ? lagWords(told) : "",
        seen: told ? states[told.state] : "unknown",
      };
    });
  return drawn;
};

const columns: readonly Column<Row>[] = [
  { id: "from", title: "From", width: 190, sort: (r) => r.fromName, cell: (r) => r.fromName },
  { id: "to", title: "To", width: 190, sort: (r) => r.toName, cell: (r) => r.toName },
  { id: "says", title: "What flows", cell: ({ says }) => says, wrap: true },
  {
    id: "protocol",
    title: "Protocol",
    width: 140,
    sort: (r) => r.protocol,
    cell: (r) => r.protocol,
  },
  { id: "rate", title: "Rate", width: 100, number: true, cell: ({ rate }) => rate },
  { id: "lag", title: "Lag", width: 150, number: true, cell: ({ lag }) => lag },
  { id: "seen", title: "Seen", width: 140, sort: ({ seen }) => seen, cell: ({ seen }) => seen },
];

/** The picture as a table, for who would rather read. */
export const FlowTable = ({ graph, live }: { graph: Graph; live: Live }) => {
  const rows = rowsOf(graph, live);
  return (
    <Panel title={plural(rows.length, "flow")} aside={<Export name="flows" rows={rows} />}>
      <Table label="Flows" rows={rows} columns={columns} rowId={({ id }) => id} height={520} />
    </Panel>
  );
};
