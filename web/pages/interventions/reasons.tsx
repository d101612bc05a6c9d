import type { StatisticsAnswer } from "../../../src/serve/messages/interventions.ts";
import { reasonWord } from "../../parts/contact-words.ts";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";

type ReasonsProps = {
  statistics: StatisticsAnswer | undefined;
  chosen: string | undefined;
  onChoose: (reason: string) => void;
};

const shownMost = 10;

/** What kept contacts from being made, and how often. */
export const Reasons = ({ statistics, chosen, onChoose }: ReasonsProps) => {
  const reasons = statistics?.reasons ?? [];
  const most = Math.max(1, ...reasons.map(({ stopped, delayed }) => stopped + delayed));
  return (
    <Panel title="Why contacts were not made" aside="stopped + put off">
      <ul className="decisions-reasons" aria-busy={statistics === undefined}>
        {statistics && reasons.length === 0 && (
          <li>
            <Empty says="Nothing stopped or delayed a contact in this span. Choose a longer one." />
          </li>
        )}
        {reasons.slice(0, shownMost).map(({ reason, says, stopped, delayed }) => (
          <li key={reason}>
            <button
              type="button"
              aria-pressed={reason === chosen}
              title={`${says}. Show these decisions only`}
              onClick={() => onChoose(reason === chosen ? "" : reason)}
            >
              <span>{reasonWord(reason)}</span>
              <span className="decisions-bar" aria-hidden="true">
                <i className="stopped" style={{ width: `${(stopped / most) * 100}%` }} />
                <i className="delayed" style={{ width: `${(delayed / most) * 100}%` }} />
              </span>
              <span className="number">
                {count(stopped)} <span className="faint">+ {count(delayed)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
};
