import { useMemo } from "react";
import { Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";
import { Detail } from "./detail.tsx";
import { blastOf, type Graph, type GraphNode, whatIf } from "./graph.ts";
import { kinds, type Live, lagWords, nameOf, namesOf, plural, rateWords } from "./words.ts";

type BlastProps = { graph: Graph; selected: string; live: Live; onSelect: (id: string) => void };

const nodesOf = (graph: Graph, ids: Iterable<string>): GraphNode[] =>
  [...ids].flatMap((id) => graph.nodes.get(id) ?? []);

const Names = ({
  graph,
  ids,
  onSelect,
}: Omit<BlastProps, "selected" | "live"> & { ids: Set<string> }) =>
  ids.size === 0 ? null : (
    <ul className="arch-names">
      {nodesOf(graph, ids).map(({ id, name }) => (
        <li key={id}>
          <button type="button" className="arch-link" onClick={() => onSelect(id)}>
            {name}
          </button>
        </li>
      ))}
    </ul>
  );

/** What passes the chosen component now, in numbers. */
const passing = (graph: Graph, live: Live, id: string): string[] => {
  const flows = graph.edges.filter(
    ({ from, to, kind, quiet }) => kind === "stream" && !quiet && (from === id || to === id),
  );
  return flows.flatMap(({ from, to }) => {
    const told = live.flow(from, to);
    if (told === undefined) return [];
    const isRead = to === id ? from.startsWith("topic:") : !to.startsWith("topic:");
    const lag = isRead ? `, lag ${lagWords(told)}` : "";
    const other = from === id ? `to ${nameOf(graph, to)}` : `from ${nameOf(graph, from)}`;
    return [`${other}: ${rateWords(told.rate_per_s)}${lag}`];
  });
};

/** What depends on the chosen component and what it depends on, in words with numbers. */
export const BlastPanel = ({ graph, selected, live, onSelect }: BlastProps) => {
  const node = graph.nodes.get(selected);
  const blast = useMemo(() => blastOf(graph, selected), [graph, selected]);
  const lost = useMemo(() => whatIf(graph, new Set([selected])), [graph, selected]);
  if (node === undefined)
    return (
      <Panel title="Blast radius">
        <Empty says="Choose a component or topic in the picture: what it touches is said here." />
      </Panel>
    );
  const { upstream, downstream } = blast;
  const share = Math.round(((downstream.size + 1) / graph.nodes.size) * 100);
  const now = passing(graph, live, selected);
  const dry = plural(lost.starve.size, "part");
  const waits = Map.groupBy(lost.wait, ({ from }) => from);
  return (
    <Panel title={`Blast radius of ${node.name}`} aside={`${share} % of what is shown`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="panel-body arch-blast" aria-label="Blast radius" tabIndex={0}>
        <p>
          <b>{plural(downstream.size, "part")} downstream</b>: {kinds(nodesOf(graph, downstream))}.
        </p>
        <Names graph={graph} ids={downstream} onSelect={onSelect} />
        <p>
          <b>{plural(upstream.size, "part")} upstream</b>: {kinds(nodesOf(graph, upstream))}.
        </p>
        <Names graph={graph} ids={upstream} onSelect={onSelect} />
        <p>
          <b>Without it</b>{" "}
          {lost.starve.size === 0
            ? "nothing runs dry"
            : `${dry} would get nothing new: ${namesOf(graph, lost.starve)}`}
          {lost.fail.size > 0 && `; calls of ${namesOf(graph, lost.fail)} would fail`}
          {waits.size > 0 && `; records would wait in ${namesOf(graph, waits.keys())}`}.
        </p>
        {now.length > 0 && (
          <>
            <p>
              <b>Now</b>
            </p>
            <ul className="arch-plain">
              {now.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </>
        )}
        <details>
          <summary>Everything about it</summary>
          <Detail of={node} graph={graph} live={live} onSelect={onSelect} />
        </details>
      </section>
    </Panel>
  );
};
