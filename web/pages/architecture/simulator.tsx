import { type FormEvent, useMemo, useState } from "react";
import type { ArchitectureAnswer } from "../../../src/serve/messages/architecture.ts";
import type { JourneyAnswer } from "../../../src/serve/messages/journey.ts";
import { withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Panel } from "../../parts/panel.tsx";
import { Fault, Skeleton } from "../../parts/states.tsx";
import { duration } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { Diagram } from "./diagram.tsx";
import { travelMs } from "./drawn.ts";
import { fatesOf, type Graph, graphOf, type Scenario, scenariosOf, whatIf } from "./graph.ts";
import type { Layout } from "./layout.ts";
import { wayOf } from "./lines.ts";
import type { Mark } from "./node.tsx";
import { type Player, usePlayer } from "./player.ts";
import { speeds, useList, useSelected } from "./state.ts";
import { StepList, StepMessage } from "./steps.tsx";
import { type Step, scenarioOfJourney } from "./trace.ts";
import { useLayout } from "./use-layout.ts";
import { WhatIfPanel } from "./what-if.tsx";
import type { Live } from "./words.ts";

type SimulatorProps = { answer: ArchitectureAnswer; live: Live };

/** The scenario that the URL names, or the way of a real record. */
const useScenario = (answer: ArchitectureAnswer) => {
  const [name, choose] = useUrlValue("scenario");
  const [event, setEvent] = useUrlValue("event");
  const all = useMemo(() => scenariosOf(answer), [answer]);
  const own = useMemo(() => graphOf(answer, "own"), [answer]);
  const around = useMemo(() => graphOf(answer, "platform"), [answer]);
  const { data, fault } = useAnswer<JourneyAnswer>(
    event === "" ? null : withQuery("/journey", { event }),
  );
  const trace = useMemo(
    () => (event !== "" && data?.hops ? scenarioOfJourney(own, data) : undefined),
    [event, data, own],
  );
  const scenario = trace ?? all.find(({ id }) => id === name) ?? all[0];
  const graph = scenario?.part === "platform" ? around : own;
  return { all, scenario, graph, event, setEvent, choose, fault: event === "" ? null : fault };
};

/** Walks a flow step by step over the picture, and shows what a loss would do to it. */
export const Simulator = ({ answer, live }: SimulatorProps) => {
  const { all, scenario, graph, event, setEvent, choose, fault } = useScenario(answer);
  const [broken, setBroken] = useList("broken");
  const [selected, select] = useSelected();
  const player = usePlayer(scenario);
  const laid = useLayout(graph);
  useKeys("Simulator", [
    { keys: "space", does: "Play or pause", run: player.toggle },
    { keys: "j", does: "Next step", run: () => player.go(player.at + 1) },
    { keys: "k", does: "Previous step", run: () => player.go(player.at - 1) },
  ]);
  if (scenario === undefined) return null;
  const fates = fatesOf(graph, scenario, broken);
  const start = (id: string) => {
    setEvent("");
    choose(id);
    player.go(0);
  };
  const toggle = (id: string) => {
    const next = new Set(broken);
    if (!next.delete(id)) next.add(id);
    setBroken(next);
  };
  return (
    <div className="arch-simulator">
      <div className="arch-bar">
        <ScenarioChoice {...{ all, event, setEvent, start }} scenario={scenario} />
        <PlayerBar player={player} steps={scenario.steps.length} />
      </div>
      {fault && <Fault fault={fault} />}
      <p>{scenario.says}</p>
      <div className="arch-stage">
        <Panel title="Steps" aside={timing(scenario)}>
          <StepList {...{ graph, fates, player }} steps={scenario.steps} />
        </Panel>
        <div className="panel arch-canvas">
          {laid && laid.graph === graph ? (
            <Stage
              {...{ graph, live, player, scenario, broken, selected }}
              layout={laid.layout}
              travels={fates[player.at] === "done"}
              onOpen={(id) => select(id === selected ? "" : id)}
            />
          ) : (
            <Skeleton rows={8} />
          )}
        </div>
      </div>
      <div className="arch-two">
        <StepMessage graph={graph} step={scenario.steps[player.at]} at={player.at} />
        <WhatIfPanel
          {...{ graph, broken, scenario, fates, selected, toggle }}
          onClear={() => setBroken([])}
        />
      </div>
    </div>
  );
};

const timing = ({ steps, id }: Scenario): string => {
  const total = steps.reduce((sum, { takes_ms }) => sum + takes_ms, 0);
  return `${duration(total)}, ${id === "trace" ? "measured" : "for example"}`;
};

type ChoiceProps = {
  all: readonly Scenario[];
  scenario: Scenario;
  event: string;
  setEvent: (event: string) => void;
  start: (id: string) => void;
};

const ScenarioChoice = ({ all, scenario, event, setEvent, start }: ChoiceProps) => {
  const [typed, setTyped] = useState(event);
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    setEvent(typed.trim());
  };
  return (
    <div className="acts">
      <label className="arch-field">
        Scenario
        <select value={scenario.id} onChange={(changed) => start(changed.target.value)}>
          {all.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          {scenario.id === "trace" && <option value="trace">{scenario.name}</option>}
        </select>
      </label>
      <form className="acts" onSubmit={submit}>
        <label className="arch-field">
          or a real record
          <input
            value={typed}
            onChange={(changed) => setTyped(changed.target.value)}
            placeholder="topic-partition-offset or id"
            size={26}
          />
        </label>
        <button type="submit" className="button" disabled={typed.trim() === ""}>
          Walk it
        </button>
      </form>
    </div>
  );
};

const PlayerBar = ({ player, steps }: { player: Player; steps: number }) => {
  const { at, playing, speed, go, toggle, setSpeed } = player;
  return (
    <fieldset className="acts arch-player" aria-label="Player">
      <button type="button" className="button" disabled={at === 0} onClick={() => go(at - 1)}>
        Back
      </button>
      <button type="button" className="button primary" onClick={toggle}>
        {playing ? "Pause" : "Play"} <kbd>space</kbd>
      </button>
      <button
        type="button"
        className="button"
        disabled={at >= steps - 1}
        onClick={() => go(at + 1)}
      >
        Step
      </button>
      <span className="soft">
        {at + 1} of {steps}
      </span>
      <label className="arch-field">
        Speed
        <select value={String(speed)} onChange={(changed) => setSpeed(changed.target.value)}>
          {speeds.map((one) => (
            <option key={one} value={one}>
              {one} ×
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
};

type StageProps = {
  graph: Graph;
  layout: Layout;
  live: Live;
  player: Player;
  scenario: Scenario;
  broken: ReadonlySet<string>;
  selected: string;
  travels: boolean;
  onOpen: (id: string) => void;
};

const marksOf = (graph: Graph, broken: ReadonlySet<string>, step: Step | undefined) => {
  const marks = new Map<string, Mark>();
  if (broken.size > 0) {
    const { fail, stalled, starve, wait } = whatIf(graph, broken);
    for (const id of starve) marks.set(id, "starves");
    for (const { from } of wait) marks.set(from, "waits");
    for (const id of stalled) marks.set(id, "stalls");
    for (const id of fail) marks.set(id, "fails");
  }
  if (step && !marks.has(step.to)) marks.set(step.to, "here");
  for (const id of broken) marks.set(id, "broken");
  return marks;
};

/** The same picture, with a dot on its way through the step that is shown. */
const Stage = (props: StageProps) => {
  const { graph, layout, live, player, scenario, broken, selected, travels, onOpen } = props;
  const step: Step | undefined = scenario.steps[player.at];
  const marks = useMemo(() => marksOf(graph, broken, step), [graph, broken, step]);
  const bright = useMemo(
    () => new Set(scenario.steps.flatMap(({ from, to }) => [from, to])),
    [scenario],
  );
  const way = step && wayOf(layout, step.from, step.to);
  const durationMs = travelMs(step?.takes_ms ?? 0, player.speed);
  return (
    <Diagram
      label={`${scenario.name}, step ${player.at + 1}`}
      {...{ graph, layout, live, selected, onOpen, marks, bright }}
    >
      {way && (
        <>
          <svg className="arch-way" aria-hidden="true">
            <path d={way} className={travels ? "" : "cut"} />
          </svg>
          <span
            key={`${scenario.id} ${player.at}`}
            className={travels ? "arch-dot" : "arch-dot stopped"}
            style={{ offsetPath: `path("${way}")`, animationDuration: `${durationMs}ms` }}
          />
        </>
      )}
    </Diagram>
  );
};
