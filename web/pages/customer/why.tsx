import type { DecisionAnswer } from "../../../src/serve/messages.ts";
import { withQuery } from "../../api/ask.ts";
import { type Answer, useAnswer } from "../../api/use-answer.ts";
import { count, signed } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Behind, Fault, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import {
  addingUp,
  type Changes,
  type Explained,
  type FactorChange,
  inUnit,
  microsOf,
  nameOf,
  type Registry,
  reasonOf,
  sentenceOf,
  shortName,
  type Told,
  usualOf,
} from "./factor-words.ts";
import { Seal } from "./seal.tsx";

type FactorProps = {
  says: string;
  under: string;
  /** The whole of what it is, where that is said in short. */
  title?: string;
  /** As shown; the bar has its length from it. */
  value: number;
  exact?: number;
  largest: number;
};

/** One factor: what it is, its bar from the axis to the side that it moves to, and its figure. */
const Factor = ({ says, under, title, value, exact, largest }: FactorProps) => {
  const width = largest === 0 ? 0 : Math.min(50, (Math.abs(value) / largest) * 50);
  const side = value < 0 ? { right: "50%" } : { left: "50%" };
  return (
    <li className={value < 0 ? "factor lowering" : "factor raising"}>
      <span className="factor-says" title={title}>
        {says}
      </span>
      <span className="factor-bar" aria-hidden="true">
        <i style={{ width: `${width}%`, ...side }} />
      </span>
      <span
        className="number factor-value"
        title={exact === undefined ? undefined : `${signed(exact, 6)} of log-odds`}
      >
        <span className="for-readers">{value < 0 ? "lowers the risk" : "raises the risk"} </span>
        {signed(value)}
      </span>
      <span className="factor-under soft small">{under}</span>
    </li>
  );
};

const largestOf = (values: readonly number[]): number => Math.max(0, ...values.map(Math.abs));

/** What raises and lowers one score, with the rest and the base, so that all of it adds up. */
const Reasons = ({ of, registry }: { of: Explained; registry: Registry | undefined }) => {
  const told: readonly Told[] = [...of.top_features, ...(of.lowering_features ?? [])];
  const names = new Set(told.map(({ feature }) => feature));
  const left = Object.entries(of.contributions).filter(([name]) => !names.has(name));
  const rest = left.reduce((sum, [, part]) => sum + microsOf(part), 0);
  const own = told.map(({ feature, contribution }) =>
    microsOf(of.contributions[feature] ?? contribution),
  );
  const all = addingUp([...own, microsOf(of.base_value)], rest);
  const { shown, sum } = all;
  const largest = largestOf(shown.slice(0, told.length));
  return (
    <>
      <ul className="factors">
        {told.map((one, n) => (
          <Factor
            key={one.feature}
            says={reasonOf(one)}
            under={usualOf(registry, one)}
            value={shown[n]}
            exact={own[n] / 1e6}
            largest={largest}
          />
        ))}
      </ul>
      <dl className="why-sum">
        <dt>{count(left.length)} smaller ones together</dt>
        <dd className="number">{signed(all.rest)}</dd>
        <dt>Before anything is known</dt>
        <dd className="number">{signed(shown[told.length])}</dd>
        <dt>
          Together, in log-odds: a score of <b>{of.risk_score.toFixed(2)}</b>
        </dt>
        <dd className="number">
          <b>{signed(sum)}</b>
        </dd>
      </dl>
    </>
  );
};

const factorsShown = 8;

const valuesOf = (one: FactorChange, registry: Registry | undefined): string => {
  const { feature, value_before: before, value_after: after } = one;
  if (before === null || after === null)
    return `weighed ${signed(one.before)} at A, ${signed(one.after)} at B`;
  return `was ${inUnit(registry, feature, before)}, is ${inUnit(registry, feature, after)}`;
};

/** What lies between A and B, factor by factor. */
const Difference = ({ of, registry }: { of: Changes; registry: Registry | undefined }) => {
  const { factors, base_change, change } = of;
  const large = factors.slice(0, factorsShown);
  const small = factors.slice(factorsShown);
  const rest = small.reduce((sum, one) => sum + microsOf(one.change), 0);
  const base = microsOf(base_change);
  const own = large.map((one) => microsOf(one.change));
  const all = addingUp([...own, base], rest);
  const { shown, sum } = all;
  const largest = largestOf(shown.slice(0, large.length));
  const exact = own.reduce((total, part) => total + part, rest + base);
  const isExact = exact === microsOf(change);
  return (
    <>
      <p className="why-sentence">{sentenceOf(of, registry)}</p>
      <ul className="factors">
        {large.map((one, n) => (
          <Factor
            key={one.feature}
            says={shortName(registry, one.feature)}
            title={nameOf(registry, one.feature)}
            under={valuesOf(one, registry)}
            value={shown[n]}
            exact={one.change}
            largest={largest}
          />
        ))}
      </ul>
      <dl className="why-sum">
        <dt>{count(small.length)} smaller changes together</dt>
        <dd className="number">{signed(all.rest)}</dd>
        {base !== 0 && (
          <>
            <dt>The model's starting point</dt>
            <dd className="number">{signed(shown[large.length])}</dd>
          </>
        )}
        <dt data-exact={isExact}>
          {isExact
            ? `Together, in log-odds; adds up exactly to ${signed(change, 6)}`
            : `The factors add up to ${signed(exact / 1e6, 6)}, not to ${signed(change, 6)}`}
        </dt>
        <dd className="number">
          <b>{signed(sum)}</b>
        </dd>
      </dl>
    </>
  );
};

type WhyProps = {
  /** The prediction that is explained: the newest, or the chosen one. */
  shown: string | null;
  /** Nobody knows yet whether there is a score. */
  waits: boolean;
  /** Of the two that are compared the first; empty: one is explained. */
  since: string;
  isNewest: boolean;
  /** Goes back to the newest; without it there is no such way. */
  onNewest?: () => void;
};

const titleOf = ({ since, isNewest }: WhyProps): string =>
  since !== "" ? "What changed from A to B" : isNewest ? "Why now" : "Why then";

const useExplained = ({ shown, since }: WhyProps): Answer<DecisionAnswer> =>
  useAnswer<DecisionAnswer>(
    shown === null
      ? null
      : withQuery(`/decisions/${encodeURIComponent(shown)}`, { since: since || null }),
  );

/** Why a score is what it is, or what lies between two of them; and the seal on it. */
export const Why = (props: WhyProps) => {
  const { data, fault, loading, again } = useExplained(props);
  const { data: registry } = useAnswer<Registry>("/features");
  const prediction = data?.prediction as unknown as Explained | null | undefined;
  const changes = data?.changes as unknown as Changes | null | undefined;
  const isDifference = props.since !== "" && changes?.from === props.since;
  const version = prediction && `${prediction.model_version} · set ${prediction.feature_set}`;
  return (
    <Panel
      title={titleOf(props)}
      className="why"
      aside={<span className="mono small">{version}</span>}
    >
      {props.shown === null && !props.waits && (
        <Behind says="There is no score yet: it comes with the first event that calls for one." />
      )}
      {(loading || props.waits) && <Skeleton rows={9} height={22} />}
      {fault && <Fault fault={fault} again={again} />}
      {prediction && (
        <>
          {!props.isNewest && !isDifference && (
            <p className="why-sentence">
              The score of <Time at={prediction.event_time} as="clock" /> was{" "}
              {prediction.risk_score.toFixed(2)}.{" "}
              {props.onNewest && (
                <button type="button" className="button plain" onClick={props.onNewest}>
                  Back to now
                </button>
              )}
            </p>
          )}
          {isDifference && changes ? (
            <Difference of={changes} registry={registry} />
          ) : (
            <Reasons of={prediction} registry={registry} />
          )}
          <Seal key={prediction.prediction_id} prediction={prediction} seal={data?.seal ?? null} />
        </>
      )}
    </Panel>
  );
};
