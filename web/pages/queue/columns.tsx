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
const wideEnough = 1_180;
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

const rankColumns = (chosen: Chosen, currency: string, bare: boolean): Column<QueueRow>[] => [
  {
    id: "chosen",
    title: "",
    width: 34,
    cell: ({ customer_id: id }) => (
      <input
        type="checkbox"
        aria-label={`Choose ${id}`}
        checked={chosen.has(id)}
        onClick={(event) => event.stopPropagation()}
        onChange={() => chosen.toggle(id)}
      />
    ),
  },
  {
    id: "customer",
    title: "Customer",
    width: bare ? 112 : 134,
    cell: (row) => (
      <>
        <Link
          href={customerPath(row.customer_id)}
          className="mono"
          title={row.customer_id}
          onClick={(event) => event.stopPropagation()}
        >
          {shortened(row.customer_id, bare ? 12 : 15)}
        </Link>
        <div>{row.simulated === true && <Simulated />}</div>
      </>
    ),
  },
  {
    id: "risk",
    title: "Risk, change in a week",
    width: bare ? 100 : 150,
    cell: (row) => (
      <>
        <BandMark band={row.risk_level} />
        <div className="queue-score">
          <b>{row.risk_score.toFixed(2)}</b> <span className="soft">{change(row)}</span>
        </div>
      </>
    ),
  },
  {
    id: "stake",
    title: bare ? "Likely lost" : "Likely lost",
    width: 106,
    number: true,
    cell: (row) => <Stake row={row} currency={currency} />,
  },
];

/** The columns that there is room for, in the order of what one looks at. */
export const queueColumns = (
  chosen: Chosen,
  currency: string,
  width: number,
): Column<QueueRow>[] => [
  ...rankColumns(chosen, currency, width < middling),
  ...(width < middling
    ? []
    : [
        {
          id: "due",
          title: "Falls due next",
          width: 178,
          cell: (row: QueueRow) => <NextDue row={row} />,
        },
      ]),
  {
    id: "why",
    title: "Why",
    wrap: true,
    cell: ({ reason }) => (
      <div className="queue-why" title={reason ?? undefined}>
        {reason ?? <span className="soft">nothing stands out</span>}
      </div>
    ),
  },
  ...(width < wideEnough
    ? []
    : [
        {
          id: "contact",
          title: "Contact",
          width: 104,
          cell: ({ contact }: QueueRow) => (
            <>
              <div title={contact.says}>{contacts[contact.state]}</div>
              <div className="soft">{contact.at && <Time at={contact.at} />}</div>
            </>
          ),
        },
      ]),
  ...(width < middling
    ? []
    : [
        {
          id: "care",
          title: "Taken care of by",
          width: 132,
          cell: (row: QueueRow) => <Care row={row} />,
        },
      ]),
];

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
