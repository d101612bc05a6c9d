import type { ArchitectureLiveAnswer, LiveFlow } from "../../../src/serve/messages/architecture.ts";
import type { Refusal } from "../../api/ask.ts";
import { Panel } from "../../parts/panel.tsx";
import { Fault } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import type { Graph } from "./graph.ts";
import { nameOf, plural } from "./words.ts";

type DriftProps = {
  graph: Graph;
  answer: ArchitectureLiveAnswer | undefined;
  fault: Refusal | null;
  onSelect: (id: string) => void;
};

const watchDays = 7;

/** Declared against observed: what is drawn and not seen, what is seen and not drawn. */
export const DriftPanel = ({ graph, answer, fault, onSelect }: DriftProps) => {
  const of = (state: LiveFlow["state"]) => answer?.flows.filter((f) => f.state === state) ?? [];
  const [missing, strange, unknown] = [of("not_seen"), of("undeclared"), of("unknown")];
  const drift = missing.length + strange.length;
  const days = answer?.watched_days ?? 0;
  return (
    <Panel title="Drift" aside={answer && `${plural(of("seen").length, "flow")} seen as declared`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="panel-body arch-drift" id="drift" aria-label="Drift" tabIndex={0}>
        {fault && <Fault fault={fault} />}
        {!answer && !fault && <p className="soft">Not known yet: the first look takes a moment.</p>}
        {answer?.fault && <p className="soft">{answer.fault}</p>}
        {answer && drift === 0 && (
          <p>
            {days < watchDays
              ? `No drift so far. Watched on ${plural(days, "day")} of the last ${watchDays}: ` +
                `only after ${watchDays} can it be said that something is unused.`
              : "No drift: what is declared is what runs."}
          </p>
        )}
        <Flows title="Seen, not declared" {...{ graph, onSelect }} flows={strange} />
        <Flows title="Declared, not seen for 7 days" {...{ graph, onSelect }} flows={missing} />
        {unknown.length > 0 && (
          <details>
            <summary>{plural(unknown.length, "flow")} of which it is unknown</summary>
            <Flows {...{ graph, onSelect }} flows={unknown} />
          </details>
        )}
      </section>
    </Panel>
  );
};

type FlowsProps = Pick<DriftProps, "graph" | "onSelect"> & {
  title?: string;
  flows: readonly LiveFlow[];
};

const Flows = ({ title, flows, graph, onSelect }: FlowsProps) =>
  flows.length === 0 ? null : (
    <>
      {title && <h3>{title}</h3>}
      <ul className="arch-plain">
        {flows.map(({ from, to, why, seen_at: seenAt }) => (
          <li key={`${from} ${to}`}>
            <button
              type="button"
              className="arch-link"
              onClick={() => onSelect(graph.nodes.has(from) ? from : to)}
            >
              {nameOf(graph, from)} → {nameOf(graph, to)}
            </button>{" "}
            <span className="soft">
              {why}
              {seenAt && (
                <>
                  , last <Time at={seenAt} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
