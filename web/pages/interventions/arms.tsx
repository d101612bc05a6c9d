import type { StatisticsAnswer } from "../../../src/serve/messages/interventions.ts";
import { armWord } from "../../parts/contact-words.ts";
import { count, percent, Simulated } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty, Skeleton } from "../../parts/states.tsx";

type Compared = StatisticsAnswer["arms"]["compared"][number];

/** A share with its interval, drawn on a scale from nothing to `most`. */
const Interval = ({ share, most }: { share: NonNullable<Compared["share"]>; most: number }) => {
  const at = (value: number) => `${Math.min(100, (value / most) * 100)}%`;
  return (
    <span className="decisions-interval" aria-hidden="true">
      <i style={{ left: at(share.low), right: `calc(100% - ${at(share.high)})` }} />
      <b style={{ left: at(share.value) }} />
    </span>
  );
};

type ArmsProps = { statistics: StatisticsAnswer | undefined; simulated: boolean };

/** Whether contact helps: payments missed by arm, as far as that can be said. */
export const Arms = ({ statistics, simulated }: ArmsProps) => {
  const arms = statistics?.arms;
  const most = Math.max(0.05, ...(arms?.compared ?? []).map(({ share }) => share?.high ?? 0));
  return (
    <Panel
      title="Does contact help?"
      aside={
        <>
          {arms && `payments missed within ${arms.within_days} days`} {simulated && <Simulated />}
        </>
      }
    >
      {arms === undefined && <Skeleton rows={4} />}
      {arms?.compared.length === 0 && (
        <Empty
          says={
            `No episode became ${arms.within_days} days old in this span, so nobody knows yet ` +
            "what came of it. Choose a longer span."
          }
        />
      )}
      <ul className="decisions-arms">
        {arms?.compared.map((one) => (
          <li key={one.arm}>
            <div className="decisions-arm">
              <span>{armWord(one.arm)}</span>
              {one.share ? (
                <>
                  <Interval share={one.share} most={most} />
                  <span className="number">
                    {percent(one.share.value)}{" "}
                    <span className="faint">
                      {percent(one.share.low)} to {percent(one.share.high)}
                    </span>
                  </span>
                </>
              ) : (
                <span className="unknown">too few: {count(one.episodes)} episodes</span>
              )}
            </div>
            <p className="soft small">{one.says}</p>
          </li>
        ))}
      </ul>
      {arms && arms.compared.length > 0 && (
        <p className="soft small decisions-note">{arms.says} Intervals hold 95 %.</p>
      )}
    </Panel>
  );
};
