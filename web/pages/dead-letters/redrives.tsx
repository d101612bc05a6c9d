import type { RedriveAnswer, RedrivesAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { ask } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { reasonWords } from "./words.ts";

const freshMs = 2_000;
const stateWords = { running: "runs", done: "done", stopped: "stopped", failed: "failed" } as const;

const whatWords = ({ what }: RedriveAnswer): string => {
  const [reason, ...from] = what.split(" ");
  return from.length === 0 ? what : `${reasonWords(reason)}, ${from.join(" ")}`;
};

const Redrive = ({ one, onStop }: { one: RedriveAnswer; onStop?: () => void }) => (
  <li className="letters-redrive">
    <span>
      <b>
        {count(one.done)}
        {one.state === "running" && ` of ${count(one.most)}`}
      </b>{" "}
      to {one.group}: {whatWords(one)}
      {one.edited && <span className="tag">edited</span>}
    </span>
    <span className="soft small">
      {stateWords[one.state]} <Time at={one.ended_at ?? one.began_at} />, {one.asked_by}
      {one.approved_by && ` with ${one.approved_by}`}
      {one.left_out > 0 && `, ${count(one.left_out)} set aside: bytes gone, or customer erased`}
      {one.why && `: ${one.why}`}
    </span>
    {one.state === "running" && (
      <>
        <progress max={one.most} value={one.done} aria-label="How far it is" />
        {onStop && (
          <button type="button" className="button" onClick={onStop}>
            Stop
          </button>
        )}
      </>
    )}
  </li>
);

/** The newest redrives, and how far they are. */
export const Redrives = ({ mayAct }: { mayAct: boolean }) => {
  const { data, again } = useAnswer<RedrivesAnswer>("/redrives", { everyMs: freshMs });
  const all = data?.redrives ?? [];
  if (all.length === 0) return null;
  const stop = async (id: string) => {
    await ask(`/redrives/${id}/stop`, { method: "POST" });
    again();
  };
  return (
    <Panel title="Redrives" aside="the newest 20">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <section className="letters-scroll" aria-label="The newest redrives" tabIndex={0}>
        <ul className="letters-redrives">
          {all.map((one) => (
            <Redrive
              key={one.redrive_id}
              one={one}
              onStop={mayAct ? () => void stop(one.redrive_id) : undefined}
            />
          ))}
        </ul>
      </section>
    </Panel>
  );
};
