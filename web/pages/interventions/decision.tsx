import { useEffect, useRef } from "react";
import { Link } from "wouter";
import type {
  CourseAnswer,
  ListedIntervention,
} from "../../../src/serve/messages/interventions.ts";
import type { DecisionAnswer } from "../../../src/serve/messages.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { BandMark } from "../../parts/band.tsx";
import {
  armWord,
  channelWord,
  policyWord,
  statusWord,
  stepWord,
} from "../../parts/contact-words.ts";
import { Id } from "../../parts/id.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Behind, Fault, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import "../customer/customer.css";
import { Attempts } from "../../parts/attempts.tsx";
import { Why } from "../customer/why.tsx";

type Step = Pick<
  ListedIntervention,
  | "intervention_id"
  | "status"
  | "risk_level"
  | "risk_score"
  | "intervention_type"
  | "channel"
  | "arm"
  | "prediction_id"
  | "policy_version"
> & { timestamp: string; reasons?: string[] | null; message?: string | null };

const Facts = ({ step, customer }: { step: Step; customer: string }) => (
  <dl className="facts">
    <dt>Customer</dt>
    <dd>
      <Link href={`/customers/${encodeURIComponent(customer)}`}>{customer}</Link>
    </dd>
    <dt>Risk</dt>
    <dd>
      <BandMark band={step.risk_level} /> <span className="soft">{step.risk_score.toFixed(2)}</span>
    </dd>
    <dt>Step</dt>
    <dd>
      {stepWord(step.intervention_type)}, {channelWord(step.channel).toLowerCase()}
      {step.message && <span className="soft">: “{step.message}”</span>}
    </dd>
    <dt>Arm</dt>
    <dd>{armWord(step.arm)}</dd>
    <dt>Policy</dt>
    <dd>{step.policy_version ? policyWord(step.policy_version) : "not known"}</dd>
    <dt>Decided</dt>
    <dd>
      <Time at={step.timestamp} as="clock" />
    </dd>
  </dl>
);

const History = ({ course }: { course: CourseAnswer }) => (
  <>
    <h3>What became of it</h3>
    <ol className="attempts">
      {course.statuses.map(({ status, at, why, not_before }) => (
        <li key={`${status} ${at}`}>
          <span>
            {statusWord(status)}
            <span className="soft">. {why}</span>
          </span>
          <span className="soft small">
            <Time at={at} as="clock" />
            {not_before && (
              <>
                ; again from <Time at={not_before} as="clock" />
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
    {course.attempts.length > 0 && (
      <>
        <h3>What was tried</h3>
        <Attempts attempts={course.attempts} />
      </>
    )}
  </>
);

const Policies = ({ policies }: Pick<DecisionAnswer, "policies">) => (
  <>
    <h3>What it rests on</h3>
    {policies.map(({ key, hash, document }) => (
      <details key={key} className="policy">
        <summary>{policyWord(key)}</summary>
        <p className="soft small">
          Word for word; sha256 <Id id={hash} />
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
        <pre tabIndex={0}>{JSON.stringify(document, null, 2)}</pre>
      </details>
    ))}
  </>
);

type DecisionProps = { id: string; onClose: () => void };

/** One decision in place: why, what became of it, what it rests on, and the whole explanation. */
export const Decision = ({ id, onClose }: DecisionProps) => {
  const path = encodeURIComponent(id);
  const { data, fault, loading, again } = useAnswer<DecisionAnswer>(`/decisions/${path}`);
  const course = useAnswer<CourseAnswer>(`/interventions/${path}`, { everyMs: 10_000 });
  const shown = data?.decision_id === id ? data : undefined;
  const steps = (shown?.interventions ?? []) as Step[];
  const step = steps.find(({ intervention_id }) => intervention_id === id);
  const place = useRef<HTMLDivElement>(null);
  // In a narrow window it opens below the list.
  useEffect(() => {
    place.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div className="decisions-side" ref={place}>
      <Panel
        title="Decision"
        aside={
          <button type="button" className="button plain" onClick={onClose}>
            Close <kbd>Esc</kbd>
          </button>
        }
      >
        {loading && <Skeleton rows={8} />}
        {fault && <Fault fault={fault} again={again} />}
        {shown && step && (
          <div className="panel-body decision">
            <p className="decision-why">{shown.contact.why}</p>
            <Facts step={step} customer={shown.customer_id} />
            {course.data?.intervention_id === id && <History course={course.data} />}
            <Policies policies={shown.policies} />
            <p className="acts">
              <Link className="button" href={`/journey?event=${path}`}>
                Its journey through the topics
              </Link>
              <span className="soft small">
                Id <Id id={id} />
              </span>
            </p>
          </div>
        )}
      </Panel>
      {shown?.prediction && (
        <Why
          shown={String(shown.prediction.prediction_id)}
          since=""
          isNewest={false}
          waits={false}
        />
      )}
      {shown && shown.prediction === null && (
        <Panel title="Why then">
          <Behind says="The score that it followed from is not in the tables." />
        </Panel>
      )}
    </div>
  );
};
