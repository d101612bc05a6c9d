import type { ArchitectureLiveAnswer } from "../../../src/serve/messages/architecture.ts";
import type { Answer } from "../../api/use-answer.ts";
import { Skeleton } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { BlastPanel } from "./blast.tsx";
import { Diagram } from "./diagram.tsx";
import { DriftPanel } from "./drift.tsx";
import { FlowTable } from "./flow-table.tsx";
import type { Graph } from "./graph.ts";
import { useSelected } from "./state.ts";
import { useLayout } from "./use-layout.ts";
import { type Live, plural } from "./words.ts";

type FullProps = { graph: Graph; live: Live; answer: Answer<ArchitectureLiveAnswer> };

/** The whole picture, what the chosen component touches, and where it differs from what runs. */
export const Full = ({ graph, live, answer }: FullProps) => {
  const [selected, select] = useSelected();
  const [as, setAs] = useUrlValue("as");
  const laid = useLayout(graph);
  const isTable = as === "table";
  return (
    <>
      <div className="arch-bar">
        <Legend />
        <DriftLink answer={answer.data} />
        <button
          type="button"
          className="button"
          aria-pressed={isTable}
          onClick={() => setAs(isTable ? "" : "table")}
        >
          {isTable ? "As a picture" : "As a table"}
        </button>
      </div>
      <div className="arch-full">
        {isTable ? (
          <FlowTable graph={graph} live={live} />
        ) : (
          <div className="panel arch-canvas">
            {laid ? (
              <Diagram
                label={`The picture of ${plural(laid.graph.nodes.size, "component")}`}
                graph={laid.graph}
                layout={laid.layout}
                live={live}
                selected={selected}
                onOpen={(id) => select(id === selected ? "" : id)}
              />
            ) : (
              <Skeleton rows={8} />
            )}
          </div>
        )}
        <div className="arch-beside">
          <BlastPanel graph={graph} selected={selected} live={live} onSelect={select} />
          <DriftPanel graph={graph} answer={answer.data} fault={answer.fault} onSelect={select} />
        </div>
      </div>
    </>
  );
};

const DriftLink = ({ answer }: { answer: ArchitectureLiveAnswer | undefined }) => {
  const drift = answer?.flows.filter(({ state }) => state === "not_seen" || state === "undeclared");
  return (
    <a className="arch-drift-link" href="#drift">
      Drift {drift ? drift.length : <span className="unknown">unknown</span>}
    </a>
  );
};

/** What width and colour of a line mean; every figure is also written. */
const Legend = () => (
  <ul className="arch-legend" aria-label="What lines mean">
    <li>
      <Stroke className="lag-none" width={1.2} />
      <Stroke className="lag-none" width={4} /> wider: more records per second
    </li>
    <li>
      <Stroke className="lag-none" width={2.5} /> no lag
    </li>
    <li>
      <Stroke className="lag-short" width={2.5} /> 1 s or more
    </li>
    <li>
      <Stroke className="lag-long" width={2.5} /> 10 s
    </li>
    <li>
      <Stroke className="lag-grave" width={2.5} /> a minute
    </li>
    <li>
      <Stroke className="lag-none still" width={1.2} /> 0/s
    </li>
    <li>
      <Stroke className="unmeasured lag-unknown" width={1.2} /> unknown
    </li>
  </ul>
);

const Stroke = ({ className, width }: { className: string; width: number }) => (
  <svg width="26" height="10" viewBox="0 0 26 10" aria-hidden="true">
    <path className={`arch-flow ${className}`} d="M 1 5 L 25 5" strokeWidth={width} fill="none" />
  </svg>
);
