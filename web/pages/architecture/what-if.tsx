import { Panel } from "../../parts/panel.tsx";
import { type Graph, type Scenario, type StepFate, whatIf } from "./graph.ts";
import { kinds, nameOf, namesOf, plural } from "./words.ts";

type WhatIfProps = {
  graph: Graph;
  scenario: Scenario;
  fates: readonly StepFate[];
  broken: ReadonlySet<string>;
  selected: string;
  toggle: (id: string) => void;
  onClear: () => void;
};

/** Where the flow stops, in a sentence. */
const flowSays = (graph: Graph, { steps }: Scenario, fates: readonly StepFate[]): string => {
  const stops = fates.flatMap((fate, at) => (fate === "stops" ? [at] : []));
  const waits = fates.flatMap((fate, at) => (fate === "waits" ? [at] : []));
  const never = fates.filter((fate) => fate === "never").length;
  const ends = (of: readonly number[]) => namesOf(graph, new Set(of.map((at) => steps[at].to)));
  const parts = [
    stops.length > 0 && `It stops at step ${stops[0] + 1}: ${ends(stops)} does not answer.`,
    waits.length > 0 &&
      `From step ${waits[0] + 1} records wait for ${ends(waits)}; nothing is lost, and it ` +
        "goes on where it stopped once it is back.",
    never > 0 && `${plural(never, "step")} ${never === 1 ? "does" : "do"} not happen meanwhile.`,
    stops.length + waits.length + never === 0 && "This flow does not need it: every step is done.",
  ];
  return parts.filter(Boolean).join(" ");
};

/** Marks components as broken, and says what stops, what waits and what works on. */
export const WhatIfPanel = (props: WhatIfProps) => {
  const { graph, scenario, fates, broken, selected, toggle, onClear } = props;
  const chosen = graph.nodes.get(selected);
  const breakable = [...graph.nodes.values()].filter(({ id }) => !broken.has(id));
  return (
    <Panel
      title="What if it broke?"
      aside={
        broken.size > 0 && (
          <button type="button" className="button" onClick={onClear}>
            Mend all
          </button>
        )
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="panel-body arch-blast" aria-label="What if" tabIndex={0}>
        <div className="acts">
          {chosen && (
            <button type="button" className="button" onClick={() => toggle(chosen.id)}>
              {broken.has(chosen.id) ? `Mend ${chosen.name}` : `Break ${chosen.name}`}
            </button>
          )}
          <label className="arch-field">
            <span className="for-readers">Break a component</span>
            <select value="" onChange={(changed) => toggle(changed.target.value)}>
              <option value="">Break a component…</option>
              {breakable.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {[...broken].map((id) => (
            <button key={id} type="button" className="chip" onClick={() => toggle(id)}>
              {nameOf(graph, id)} ✕<span className="for-readers"> mend</span>
            </button>
          ))}
        </div>
        <Effects {...{ graph, scenario, fates, broken }} />
      </section>
    </Panel>
  );
};

const Effects = ({
  graph,
  scenario,
  fates,
  broken,
}: Pick<WhatIfProps, "graph" | "scenario" | "fates" | "broken">) => {
  if (broken.size === 0)
    return <p className="soft">Everything works. Choose what should break, and see what stops.</p>;
  const { fail, stalled, wait, starve, works } = whatIf(graph, broken);
  const keepers = Map.groupBy(wait, ({ from }) => from);
  const working = [...works].flatMap((id) => graph.nodes.get(id) ?? []);
  return (
    <div aria-live="polite" className="arch-effects">
      <p>
        <b>This flow.</b> {flowSays(graph, scenario, fates)}
      </p>
      {fail.size > 0 && (
        <p>
          <b>Fails</b>, because it asks and gets no answer: {namesOf(graph, fail)}.
        </p>
      )}
      {stalled.size > 0 && (
        <p>
          <b>Stands still</b> until it is back: {namesOf(graph, stalled)}.
        </p>
      )}
      {[...keepers].map(([from, edges]) => (
        <p key={from}>
          <b>Waits</b> in {nameOf(graph, from)} for{" "}
          {namesOf(graph, new Set(edges.map((e) => e.to)))}. {graph.nodes.get(from)?.keeps}
        </p>
      ))}
      {starve.size > 0 && (
        <p>
          <b>Gets nothing new</b>: {namesOf(graph, starve)}.
        </p>
      )}
      <p>
        <b>Works on</b>: {plural(works.size, "part")} of {graph.nodes.size}, {kinds(working)}.
      </p>
    </div>
  );
};
