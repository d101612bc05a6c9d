import type { ScorePoint, ScoresAnswer } from "../../../src/serve/messages/timeline.ts";
import type { DecisionAnswer } from "../../../src/serve/messages.ts";
import { withQuery } from "../../api/ask.ts";
import { type Answer, useAnswer } from "../../api/use-answer.ts";
import { type ChosenPoint, ScoreCourse } from "../../charts/score-course.tsx";
import { count } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Fault, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import type { Explained } from "./factor-words.ts";
import type { Selection } from "./selection.ts";

const dayMs = 86_400_000;
const spans = [
  { value: "14", name: "14 days" },
  { value: "90", name: "90 days" },
  { value: "all", name: "All" },
];

/** The scores of the chosen span, kept up to date. */
export const useScores = (customer: string): Answer<ScoresAnswer> & { days: string } => {
  const [days] = useUrlValue("days", "90");
  const path = `/customers/${encodeURIComponent(customer)}/scores`;
  const newest = useAnswer<ScoresAnswer>(path, { everyMs: 15_000 });
  const to = newest.data?.to;
  const from =
    days === "all" ? "1970-01-01" : to && new Date(Date.parse(to) - Number(days) * dayMs);
  const asked = from instanceof Date ? from.toISOString() : from;
  const other = useAnswer<ScoresAnswer>(
    days === "90" || !to ? null : withQuery(path, { from: asked }),
  );
  return { ...(days === "90" ? newest : other), days };
};

const bandsOf = ({ bands }: ScoresAnswer) => [
  { name: "Low", colour: "--band-low", text: "--low", from: 0 },
  ...(bands
    ? [
        { name: "Medium", colour: "--band-medium", text: "--medium", from: bands.MEDIUM },
        { name: "High", colour: "--band-high", text: "--high", from: bands.HIGH },
        { name: "Critical", colour: "--band-critical", text: "--critical", from: bands.CRITICAL },
      ]
    : []),
];

const pointOf = ({ prediction_id, at, risk_score }: ScorePoint) => ({
  id: prediction_id,
  at: Date.parse(at),
  score: risk_score,
});

/** Where a chosen score lies; one that the chart leaves out is asked for. */
const useChosen = (name: string, id: string, data: ScoresAnswer | undefined) => {
  const known = data?.points.find(({ prediction_id }) => prediction_id === id);
  const asked = useAnswer<DecisionAnswer>(
    id === "" || known || !data ? null : `/decisions/${encodeURIComponent(id)}`,
  );
  const other = asked.data?.prediction as unknown as Explained | undefined;
  if (known) return [{ ...pointOf(known), name }];
  if (id === "" || other?.prediction_id !== id) return [];
  return [{ id, at: Date.parse(other.event_time), score: other.risk_score, name }];
};

const MarkList = ({ marks }: Pick<ScoresAnswer, "marks">) =>
  marks.length === 0 ? null : (
    <ul className="marks small soft">
      {marks.slice(-3).map(({ at, what, from, to }) => (
        <li key={`${at} ${what}`}>
          ▲ <Time at={at} as="clock" />: {what} {to}, before {from}
        </li>
      ))}
    </ul>
  );

type ScoreProps = {
  scores: Answer<ScoresAnswer> & { days: string };
  selection: Selection;
  /** Of two chosen scores the earlier one is A. */
  order: readonly [string, string];
};

const hintOf = ({ a, b }: Selection): string => {
  if (a === "") return "choose two points to explain the difference";
  return b === "" ? "choose a second point for the difference" : "Escape lets both go";
};

/** How the score went, with the bands behind it and where another version began. */
export const ScorePanel = ({ scores, selection, order }: ScoreProps) => {
  const { data, fault, again } = scores;
  const [days, setDays] = useUrlValue("days", "90");
  const first = useChosen("A", order[0], data);
  const second = useChosen("B", order[1], data);
  const chosen: ChosenPoint[] = [...first, ...second];
  const title = days === "all" ? "Score, all that is known" : `Score, ${days} days`;
  const start = data?.points[0];
  const from = days === "all" && start ? start.at : data?.from;
  return (
    <Panel
      className="course-panel"
      title={title}
      bare
      aside={<span className="small">{hintOf(selection)}</span>}
    >
      <div className="course-place">
        {data?.to && from ? (
          <ScoreCourse
            label="Score over time. Arrow keys move from score to score, Enter chooses one."
            from={Math.min(Date.parse(from), ...chosen.map(({ at }) => at))}
            to={Date.parse(data.to)}
            points={data.points.map(pointOf)}
            bands={bandsOf(data)}
            marks={data.marks.map(({ at, what, to }) => ({
              at: Date.parse(at),
              says: `${what} ${to} from here on`,
            }))}
            chosen={chosen}
            onChoose={selection.choose}
            onClear={selection.clear}
          />
        ) : fault ? (
          <Fault fault={fault} again={again} />
        ) : (
          <Skeleton rows={6} height={18} />
        )}
      </div>
      <div className="course-foot">
        <Filter
          label="Time span"
          choices={spans}
          value={days}
          onChange={(next) => setDays(next || "90")}
        />
        <span className="soft small">
          {data && `${count(data.scores)} scores`}
          {data && data.points.length < data.scores && `, ${count(data.points.length)} drawn`}
        </span>
      </div>
      {data && <MarkList marks={data.marks} />}
    </Panel>
  );
};
