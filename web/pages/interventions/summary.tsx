import type { StatisticsAnswer } from "../../../src/serve/messages/interventions.ts";
import { Line } from "../../charts/line.tsx";
import { count, percent, Simulated } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { duration } from "../../parts/time.tsx";

const figures = [
  { name: "taken", title: "Steps taken", series: "--accent" },
  { name: "stopped", title: "Stopped", series: undefined },
  { name: "delayed", title: "Put off", series: undefined },
  { name: "held_out", title: "Held out", series: undefined },
] as const;

type SummaryProps = { statistics: StatisticsAnswer | undefined; simulated: boolean };

/** How many steps were taken, and how many not, in all and over time. */
export const Summary = ({ statistics, simulated }: SummaryProps) => (
  <Panel
    title="Decisions"
    aside={
      <>
        {statistics && `each point ${duration(statistics.step_ms)}`} {simulated && <Simulated />}
      </>
    }
  >
    {statistics === undefined ? (
      <div className="panel-body decisions-summary" aria-busy="true" />
    ) : (
      <div className="panel-body decisions-summary">
        <dl className="decisions-figures">
          {figures.map(({ name, title }) => (
            <div key={name}>
              <dt className="soft small">{title}</dt>
              <dd>
                <b>{count(statistics.outcomes[name])}</b>{" "}
                <span className="faint small">
                  {statistics.total > 0 && percent(statistics.outcomes[name] / statistics.total, 0)}
                </span>
              </dd>
            </div>
          ))}
        </dl>
        <div>
          <Line
            label={
              `Decisions over time: ${count(statistics.outcomes.taken)} steps taken, ` +
              `${count(statistics.total - statistics.outcomes.taken)} not taken`
            }
            at={statistics.course.map(({ at }) => Date.parse(at))}
            series={[
              {
                name: "Steps taken",
                colour: "--accent",
                values: statistics.course.map(({ taken }) => taken),
                fill: true,
              },
              {
                name: "Not taken",
                colour: "--high",
                values: statistics.course.map(({ not_taken }) => not_taken),
              },
            ]}
            height={120}
            says={(value) => count(value)}
          />
          <p className="small soft decisions-legend">
            <i style={{ background: "var(--accent)" }} /> steps taken
            <i style={{ background: "var(--high)" }} /> stopped, put off or held out
          </p>
        </div>
      </div>
    )}
  </Panel>
);
