import { Panel } from "../../parts/panel.tsx";
import { duration } from "../../parts/time.tsx";
import type { Graph, StepFate } from "./graph.ts";
import type { Player } from "./player.ts";
import type { Step } from "./trace.ts";
import { nameOf } from "./words.ts";

type StepListProps = {
  graph: Graph;
  steps: readonly Step[];
  fates: readonly StepFate[];
  player: Player;
};

const fateWords: Record<StepFate, string> = {
  done: "",
  stops: "stops here",
  waits: "waits",
  never: "not reached",
};

/** Between a broker and others the topic is said; where it stands on the picture, it is there. */
const isNamed = ({ nodes }: Graph, { topic }: Step): boolean =>
  topic !== undefined && !nodes.has(`topic:${topic}`);

/** Every step of a scenario; the one that is shown is marked, and what becomes of it. */
export const StepList = ({ graph, steps, fates, player }: StepListProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
  <ol className="arch-steps" aria-label="Steps" tabIndex={0}>
    {steps.map((step, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name than their place
      <li key={at} className={fates[at] === "done" ? "" : "cut"}>
        <button
          type="button"
          aria-current={at === player.at ? "step" : undefined}
          onClick={() => player.go(at)}
        >
          <span className="number">{at + 1}</span>
          <span>
            {nameOf(graph, step.from)} → {nameOf(graph, step.to)}
            {isNamed(graph, step) && <code> {step.topic}</code>}
          </span>
          <span className="number soft">{fateWords[fates[at]] || duration(step.takes_ms)}</span>
        </button>
      </li>
    ))}
  </ol>
);

type StepMessageProps = { graph: Graph; step: Step | undefined; at: number };

/** What happens in a step, and the message that travels. */
export const StepMessage = ({ graph, step, at }: StepMessageProps) => (
  <Panel title={`Step ${at + 1}`} aside={step && duration(step.takes_ms)}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
    <section className="panel-body arch-message" aria-label="Message" tabIndex={0}>
      {step && (
        <>
          <p aria-live="polite">{step.says}</p>
          <p className="soft">
            {nameOf(graph, step.from)} → {nameOf(graph, step.to)}
            {step.topic && `, on ${step.topic}`}
            {step.measured === false && ", its time is unknown"}
          </p>
          {step.message !== undefined && <pre>{JSON.stringify(step.message, null, 2)}</pre>}
        </>
      )}
    </section>
  </Panel>
);
