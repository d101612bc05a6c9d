import type { ReactNode } from "react";
import type {
  ContactChannel,
  ContactStateAnswer,
  ScoresAnswer,
} from "../../../src/serve/messages/timeline.ts";
import type { CustomerAnswer } from "../../../src/serve/messages.ts";
import { BandMark } from "../../parts/band.tsx";
import { money, percent, Simulated } from "../../parts/figures.tsx";
import { Id } from "../../parts/id.tsx";
import { Time } from "../../parts/time.tsx";
import type { PlainFields } from "../../session/unmask.tsx";

type Obligation = {
  product?: string;
  instalment: number;
  currency?: string | null;
  next_due?: string | null;
  days_past_due?: number | null;
};

const dayMs = 86_400_000;
const products: Record<string, string> = {
  loan: "Loan instalment",
  mortgage: "Mortgage instalment",
  credit_card: "Credit card payment",
  leasing: "Leasing instalment",
  rent: "Rent",
  utility: "Household bill",
  telecom: "Phone and internet bill",
};

/** The obligation that matters next: what is overdue, else what falls due first. */
const nextOf = ({ profile }: CustomerAnswer): Obligation | undefined => {
  const owed = (profile?.obligations ?? []) as Obligation[];
  const late = owed.find(({ days_past_due }) => (days_past_due ?? 0) > 0);
  return (
    late ??
    owed
      .filter(({ next_due }) => next_due)
      .toSorted((a, b) => Date.parse(a.next_due ?? "") - Date.parse(b.next_due ?? ""))[0]
  );
};

const daysIn = (days: number): string =>
  days <= 0 ? "today" : days === 1 ? "tomorrow" : `in ${days} days`;

/** How far the balances reach for all that is overdue or falls due within a month. */
const Cover = ({ ratio }: { ratio: number | null | undefined }) => {
  if (ratio == null)
    return (
      <>
        covered <span className="unknown">unknown</span>
      </>
    );
  if (ratio < 0) return <>not covered, balances are below zero</>;
  return <>{ratio >= 1 ? "covered in full" : `covered ${percent(ratio)}`}</>;
};

const Due = ({ of }: { of: CustomerAnswer }) => {
  if (of.profile === null)
    return (
      <>
        what is owed: <span className="unknown">unknown</span>
      </>
    );
  const next = nextOf(of);
  if (next === undefined) return <>nothing is owed</>;
  const currency = next.currency ?? String(of.profile.base_currency ?? "");
  const late = next.days_past_due ?? 0;
  const left = Math.ceil((Date.parse(next.next_due ?? "") - Date.now()) / dayMs);
  return (
    <>
      {products[next.product ?? ""] ?? "Instalment"} {money(next.instalment, currency)}{" "}
      {late > 0 ? <b className="late">{late} days overdue</b> : <b>due {daysIn(left)}</b>},{" "}
      <Cover ratio={of.features?.features.due_cover_ratio} />
    </>
  );
};

const names: Record<string, string> = {
  email: "e-mail",
  sms: "SMS",
  phone: "phone",
  push: "app message",
  letter: "letter",
};
const shortly: Record<string, string> = {
  no_consent: "no consent",
  no_profile: "no profile",
  needs_person: "a person must",
  daily_cap: "spent today",
  weekly_cap: "spent this week",
  call_cap: "calls are spent",
  cool_off: "cool-off",
  on_its_way: "one is on its way",
  local_hours: "quiet hours",
  time_zone_unknown: "time zone unknown",
};
const whyOf = ({ reason, says }: ContactChannel): string =>
  shortly[reason ?? ""] ?? says.replace(/^[^:]*: (no, )?/, "");

const nameOf = ({ channel }: ContactChannel): string => names[channel] ?? channel;

/** Channels that may be used from one time on, for one reason. */
const alike = (later: readonly ContactChannel[]): ContactChannel[][] => [
  ...Map.groupBy(later, ({ from, reason }) => `${from} ${reason}`).values(),
];

const Reach = ({ channels }: { channels: readonly ContactChannel[] }) => {
  const now = channels.filter(({ may }) => may === "now");
  const later = channels.filter(({ may }) => may === "later");
  const no = channels.filter(({ may }) => may === "no");
  if (channels.length === 0)
    return (
      <>
        may be reached: <span className="unknown">unknown</span>
      </>
    );
  const first: ReactNode =
    now.length > 0 ? (
      <>
        may be reached by <b>{now.map(nameOf).join(" or ")} now</b>
        {now[0].until && (
          <>
            {" "}
            until <Time at={now[0].until} as="minute" />
          </>
        )}
      </>
    ) : (
      <b>{later.length > 0 ? "may not be reached now" : "may not be reached"}</b>
    );
  return (
    <>
      {first}
      {alike(later).map((some) => (
        <span key={some[0].channel} title={some.map(({ says }) => says).join("\n")}>
          , {some.map(nameOf).join(" or ")} from <Time at={some[0].from ?? ""} as="minute" /> (
          {whyOf(some[0])})
        </span>
      ))}
      {no.map((one) => (
        <span key={one.channel} title={one.says}>
          ; {nameOf(one)}: {whyOf(one)}
        </span>
      ))}
    </>
  );
};

const Episode = ({ of }: { of: ContactStateAnswer }) => {
  const { episode } = of;
  if (episode === null) return <>no episode is open</>;
  return (
    <>
      episode day <b>{episode.day}</b>, step {episode.step} of {episode.steps}, arm {episode.arm}
    </>
  );
};

type HeadProps = {
  id: string;
  customer: CustomerAnswer | undefined;
  scores: ScoresAnswer | undefined;
  contact: ContactStateAnswer | undefined;
  /** How they may be reached could not be asked. */
  unreached: boolean;
  simulated: boolean;
  /** Personal fields, while they may be shown. */
  plain: PlainFields | undefined;
  acts: ReactNode;
};

const labels: Record<string, string> = {
  name: "Name",
  email: "E-mail",
  phone: "Phone",
  date_of_birth: "Date of birth",
  gender: "Gender",
  "accounts.*.account_id": "Accounts",
};

/** Personal fields in the plain. */
const Plain = ({ fields }: { fields: PlainFields }) => (
  <dl className="customer-plain">
    {Object.entries(fields).map(([field, value]) => (
      <div key={field}>
        <dt className="soft small">{labels[field] ?? field}</dt>
        <dd>
          {value === null ? <span className="unknown">unknown</span> : [value].flat().join(", ")}
        </dd>
      </div>
    ))}
  </dl>
);

const Score = ({ scores }: { scores: ScoresAnswer }) => {
  const { newest, week_before: week } = scores;
  if (newest === null)
    return (
      <span>
        score <span className="unknown">unknown</span>
      </span>
    );
  return (
    <>
      <BandMark band={newest.risk_level} />
      <b className="customer-score">{newest.risk_score.toFixed(2)}</b>
      <span className="soft">
        {week ? `was ${week.risk_score.toFixed(2)} a week before` : "no score of a week before"}
      </span>
    </>
  );
};

/** Who it is, how things stand, and how this person may be reached now. */
export const Head = (props: HeadProps) => {
  const { id, customer, scores, contact, unreached, simulated, plain, acts } = props;
  return (
    <header className="customer-head">
      <div className="screen-head">
        <div className="screen-title">
          <h1>
            {typeof plain?.name === "string" ? (
              plain.name
            ) : (
              <>
                <span className="for-readers">Customer, name masked</span>
                <span aria-hidden="true">•••••</span>
              </>
            )}
          </h1>
          <Id id={id} most={24} />
          {scores && <Score scores={scores} />}
          {simulated && <Simulated />}
          {contact?.statuses.map((status) => (
            <span key={status} className="tag">
              {status.replaceAll("_", " ")}
            </span>
          ))}
        </div>
        <div className="acts">{acts}</div>
      </div>
      <p className="customer-line soft">
        {customer && <Due of={customer} />}
        {!contact && unreached && (
          <>
            {" · may be reached: "}
            <span className="unknown">unknown</span>
          </>
        )}
        {contact && (
          <>
            {" · "}
            <Reach channels={contact.channels} />
            {" · "}
            <Episode of={contact} />
            {contact.unknown.map((sentence) => ` · ${sentence}`)}
          </>
        )}
      </p>
      {plain && <Plain fields={plain} />}
    </header>
  );
};
