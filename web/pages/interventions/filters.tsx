import type { StatisticsAnswer } from "../../../src/serve/messages/interventions.ts";
import {
  armWord,
  bandWord,
  channelWord,
  reasonWord,
  statusWord,
  stepWord,
} from "../../parts/contact-words.ts";
import { Filter } from "../../parts/filter.tsx";
import { type Chosen, names } from "./use-chosen.ts";

type Name = (typeof names)[number];

const labels: Record<Name, string> = {
  status: "Status",
  band: "Band",
  type: "Step",
  channel: "Channel",
  arm: "Arm",
  reason: "Why not",
};
const sayings: Record<Name, (value: string) => string> = {
  status: statusWord,
  band: bandWord,
  type: stepWord,
  channel: channelWord,
  arm: armWord,
  reason: reasonWord,
};
const shownMost = 8;

type FiltersProps = {
  statistics: StatisticsAnswer | undefined;
  chosen: Chosen;
  choose: (changes: Chosen) => void;
};

/** Each dimension with its values and how many decisions there are of each. */
export const Filters = ({ statistics, chosen, choose }: FiltersProps) => (
  <div>
    {names.map((name) => {
      const known = (statistics?.by[name] ?? []).flatMap(({ value, count }) =>
        value === null ? [] : [{ value, count }],
      );
      const own = chosen[name];
      const kept = known.slice(0, shownMost);
      const listed = own && !kept.some(({ value }) => value === own);
      const all = listed
        ? [...kept, known.find(({ value }) => value === own) ?? { value: own, count: 0 }]
        : kept;
      return (
        <div className="decisions-filter" key={name}>
          <span className="soft small">{labels[name]}</span>
          {all.length === 0 ? (
            <span className="faint">{statistics && "none"}</span>
          ) : (
            <Filter
              label={labels[name]}
              choices={all.map((one) => ({ ...one, name: sayings[name](one.value) }))}
              value={own ?? ""}
              onChange={(value) => choose({ [name]: value })}
            />
          )}
        </div>
      );
    })}
  </div>
);
