import { Link } from "wouter";
import type { QueueRow } from "../../../src/serve/messages/queue.ts";
import { BandMark } from "../../parts/band.tsx";
import { count, money, percent, Simulated, signed } from "../../parts/figures.tsx";
import { shortened } from "../../parts/id.tsx";
import type { Column } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { contacts, decisions, productName } from "./words.ts";

type Chosen = { has: (id: string) => boolean; toggle: (id: string) => void };

const dayMs = 86_400_000;
const wide = 1_180;
const roomy = 900;
const middling = 700;

export const customerPath = (id: string): string => `/customers/${encodeURIComponent(id)}`;

const dueIn = (due: string): string => {
  const days = Math.ceil((Date.parse(due) - Date.now()) / dayMs);
  if (days < 0) return days === -1 ? "yesterday" : `${-days} days ago`;
  return days === 0 ? "today" : days === 1 ? "tomorrow" : `in ${days} days`;
};

const coverWords = (cover: number): string =>
  cover <= 0 ? "not covered" : cover >= 1 ? "covered" : `covered ${percent(cover)}`;

const NextDue = ({ row: { next_due, cover } }: { row: QueueRow }) => {
  if (next_due === null) return <span className="soft">nothing known to fall due</span>;
  const { product, amount, currency, due_at } = next_due;
  return (
    <>
      <div>
        {productName(product)} {money(amount, currency)}
      </div>
      <div className="soft">
        {dueIn(due_at)},{" "}
        {cover === null ? <span className="unknown">cover unknown</span> : coverWords(cover)}
      </div>
    </>
  );
};

/** Whole units: cents do not rank anybody. */
const whole = (amount: number, currency: string): string => `${count(amount)} ${currency}`;

const Stake = ({ row, currency }: { row: QueueRow; currency: string }) =>
  row.at_stake === null ? (
    <span className="unknown">unknown</span>
  ) : (
    <>
      <b title={money(row.expected_loss, currency)}>{whole(row.expected_loss, currency)}</b>
      <div className="soft">of {count(row.at_stake)}</div>
    </>
  );

const change = ({ risk_score, score_week_before: before }: QueueRow): string =>
  before === null
    ? "new"
    : Math.abs(risk_score - before) < 0.005
      ? "±0"
      : signed(risk_score - before);

const Care = ({ row: { assignee, decision, waiting } }: { row: QueueRow }) => (
  <>
    <div>{assignee ?? <span className="soft">nobody</span>}</div>
    {decision && (
      <div
        className="soft"
        title={[`${decisions[decision.decision].name}, by ${decision.by}`, decision.note ?? ""]
          .filter((part) => part !== "")
          .join(": ")}
      >
        {decisions[decision.decision].name} by {decision.by}
        {waiting ? ", rests no more" : ""}
      </div>
    )}
  </>
);

type Shown = { chosen: Chosen; currency: string; width: number };

const chosenColumn = ({ chosen }: Shown): Column<QueueRow> => ({
  id: "chosen",
  title: "",
  width: 36,
  cell: ({ customer_id: id }) => (
    <input
      type="checkbox"
      aria-label={`Choose ${id}`}
      checked={chosen.has(id)}
      onClick={(event) => event.stopPropagation()}
      onChange={() => chosen.toggle(id)}
    />
  ),
});

/** Who it is; where there is no room for more columns, also who takes care of it. */
const customerColumn = ({ width }: Shown): Column<QueueRow> => ({
  id: "customer",
  title: "Customer",
  width: width < middling ? undefined : 130,
  cell: ({ customer_id: id, simulated, assignee }) => (
    <>
      <Link
        href={customerPath(id)}
        className="mono"
        title={id}
        onClick={(event) => event.stopPropagation()}
      >
        {shortened(id, 14)}
      </Link>
      <div>
        {simulated === true && <Simulated />}
        {width < roomy && assignee !== null && <span className="soft"> {assignee}</span>}
      </div>
    </>
  ),
});

const riskColumn = ({ width }: Shown): Column<QueueRow> => ({
  id: "risk",
  title: width < roomy ? "Risk" : "Risk, in a week",
  width: width < roomy ? 106 : 120,
  cell: (row) => (
    <>
      <BandMark band={row.risk_level} />
      <div title="Score, and its change in seven days">
        <b>{row.risk_score.toFixed(2)}</b> <span className="soft">{change(row)}</span>
      </div>
    </>
  ),
});

const stakeColumn = ({ currency }: Shown): Column<QueueRow> => ({
  id: "stake",
  title: "Likely lost",
  width: 116,
  number: true,
  cell: (row) => <Stake row={row} currency={currency} />,
});

const dueColumn: Column<QueueRow> = {
  id: "due",
  title: "Falls due next",
  width: 178,
  cell: (row) => <NextDue row={row} />,
};

const whyColumn: Column<QueueRow> = {
  id: "why",
  title: "Why",
  wrap: true,
  cell: ({ reason }) => (
    <div className="queue-why" title={reason ?? undefined}>
      {reason ?? <span className="soft">nothing stands out</span>}
    </div>
  ),
};

const contactColumn: Column<QueueRow> = {
  id: "contact",
  title: "Contact",
  width: 102,
  cell: ({ contact }) => (
    <>
      <div title={contact.says}>{contacts[contact.state]}</div>
      <div className="soft">{contact.at && <Time at={contact.at} />}</div>
    </>
  ),
};

const careColumn: Column<QueueRow> = {
  id: "care",
  title: "Taken care of by",
  width: 132,
  cell: (row) => <Care row={row} />,
};

/** The columns that there is room for, in the order of what one looks at. */
export const queueColumns = (shown: Shown): Column<QueueRow>[] => {
  const { width } = shown;
  const rank = [customerColumn(shown), riskColumn(shown), stakeColumn(shown)];
  if (width < middling) return rank;
  const why = [chosenColumn(shown), ...rank, dueColumn, whyColumn];
  if (width < roomy) return why;
  return width < wide ? [...why, careColumn] : [...why, contactColumn, careColumn];
};

/** A row with every figure that is seen, for a file. */
export const exportedRow = (row: QueueRow, currency: string) => ({
  customer_id: row.customer_id,
  band: row.risk_level,
  score: row.risk_score,
  score_week_before: row.score_week_before,
  scored_at: row.scored_at,
  likely_lost: row.expected_loss,
  at_stake: row.at_stake,
  currency,
  falls_due_next: row.next_due && productName(row.next_due.product),
  due_amount: row.next_due?.amount,
  due_currency: row.next_due?.currency,
  due_at: row.next_due?.due_at,
  cover: row.cover,
  why: row.reason,
  contact: contacts[row.contact.state],
  contact_at: row.contact.at,
  taken_care_of_by: row.assignee,
  decision: row.decision && decisions[row.decision.decision].name,
  decided_by: row.decision?.by,
  decided_at: row.decision?.at,
  rests_until: row.decision?.rests_until,
  simulated: row.simulated,
});
