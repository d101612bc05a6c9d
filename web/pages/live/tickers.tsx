import type { ReactNode } from "react";
import { Link } from "wouter";
import type { PanelName } from "../../../src/serve/messages/live.ts";
import { type LiveEntry, useLive } from "../../live/use-live.ts";
import { useHeld, useHover } from "../../live/use-paused.ts";
import { BandMark } from "../../parts/band.tsx";
import { channelWord, reasonWord, statusWord, stepWord } from "../../parts/contact-words.ts";
import { count } from "../../parts/figures.tsx";
import { shortened } from "../../parts/id.tsx";
import { Panel } from "../../parts/panel.tsx";
import { usePausedAt } from "../../parts/pause.ts";
import { NotYet, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { criticalFirst, newestFirst } from "./order.ts";

const lineHeight = 32;
const headHeight = 30;

type TickerProps<P extends PanelName> = {
  panel: P;
  title: string;
  rows: number;
  rowHeight?: number;
  columns: readonly Column<LiveEntry<P>>[];
  /** Orders entries, the first one on top. */
  compare: (a: LiveEntry<P>, b: LiveEntry<P>) => number;
  empty: ReactNode;
  more?: ReactNode;
};

/** The newest entries of a panel, which stand still under the pointer and on a pause. */
const Ticker = <P extends PanelName>(props: TickerProps<P>) => {
  const { panel, title, rows, rowHeight = lineHeight, columns } = props;
  const { compare, empty, more } = props;
  const { entries, known } = useLive(panel);
  const [over, within] = useHover();
  const held = useHeld(entries, usePausedAt() !== null || over);
  const shown = [...held.entries].sort(compare).slice(0, rows);
  const aside =
    held.fresh > 0 ? <span className="live-fresh">{count(held.fresh)} new</span> : (more ?? "");
  return (
    <Panel title={title} aside={aside}>
      <div {...within} style={{ minHeight: headHeight + rows * rowHeight }}>
        {known ? (
          <Table
            label={title}
            rows={shown}
            columns={columns}
            rowId={({ id }) => id}
            rowHeight={rowHeight}
            empty={empty}
          />
        ) : (
          <Skeleton rows={rows} />
        )}
      </div>
    </Panel>
  );
};

const customer = (id: string): ReactNode => (
  <Link href={`/customers/${encodeURIComponent(id)}`} className="mono">
    {shortened(id)}
  </Link>
);

/** When, how high the risk, and whose. */
const whoAndWhen = <P extends "decisions" | "scores">(): Column<LiveEntry<P>>[] => [
  { id: "at", title: "Time", width: 84, cell: ({ value }) => <Time at={value.at} as="clock" /> },
  {
    id: "band",
    title: "Band",
    width: 92,
    cell: ({ value }) => <BandMark band={value.risk_level} />,
  },
  {
    id: "customer",
    title: "Customer",
    width: 116,
    cell: ({ value }) => customer(value.customer_id),
  },
];

const Outcome = ({ value }: LiveEntry<"decisions">) => {
  const { status, suppressed_by, not_before, why } = value;
  return (
    <span title={why}>
      {statusWord(status)}
      {status === "deferred" && not_before && (
        <>
          {" to "}
          <Time at={not_before} as="clock" />
        </>
      )}
      {suppressed_by && <span className="soft"> · {reasonWord(suppressed_by)}</span>}
    </span>
  );
};

const decisionColumns: Column<LiveEntry<"decisions">>[] = [
  ...whoAndWhen<"decisions">(),
  {
    id: "step",
    title: "Step",
    width: 188,
    cell: ({ value }) => (
      <>
        {stepWord(value.intervention_type)}
        {value.channel && <span className="soft"> · {channelWord(value.channel)}</span>}
      </>
    ),
  },
  { id: "status", title: "Now", cell: (entry) => <Outcome {...entry} /> },
];

const scoreText = (value: number): string => count(value, 2);

const Change = ({ value }: LiveEntry<"scores">) => {
  const { previous_score: before, risk_score: now } = value;
  if (before === null) return <>{scoreText(now)}, the first</>;
  const arrow = now > before ? "↗" : now < before ? "↘" : "→";
  return (
    <>
      <span className="soft">{scoreText(before)}</span> {arrow} {scoreText(now)}
    </>
  );
};

const scoreColumns: Column<LiveEntry<"scores">>[] = [
  ...whoAndWhen<"scores">(),
  { id: "change", title: "Score", width: 116, cell: (entry) => <Change {...entry} /> },
  {
    id: "reason",
    title: "Why",
    cell: ({ value }) => <span title={value.reason ?? undefined}>{value.reason ?? ""}</span>,
  },
];

const alertWords: Readonly<Record<string, string>> = {
  critical_risk: "Entered Critical",
  payment_failed: "Payment failed",
  support_ticket_created: "Asked for help",
  subscription_cancelled: "Cancelled",
  refund_requested: "Wants money back",
};

const alertColumns: Column<LiveEntry<"alerts">>[] = [
  {
    id: "what",
    title: "Alert",
    cell: ({ value }) => (
      <div className="live-alert" title={value.says}>
        <b>{alertWords[value.kind] ?? "Alert"}</b>{" "}
        {value.customer_id !== null && customer(value.customer_id)}
        <div className="soft">{value.says}</div>
      </div>
    ),
  },
  { id: "at", title: "When", width: 100, cell: ({ value }) => <Time at={value.at} /> },
];

export const Decisions = () => (
  <Ticker
    panel="decisions"
    title="Decisions"
    rows={9}
    columns={decisionColumns}
    compare={newestFirst}
    more={<Link href="/interventions">all</Link>}
    empty={
      <NotYet says="No decision yet: one is made, to contact or not, for each score above Low." />
    }
  />
);

export const Scores = () => (
  <Ticker
    panel="scores"
    title="Score changes"
    rows={9}
    columns={scoreColumns}
    compare={newestFirst}
    empty={<NotYet says="No score has changed yet: there were no transactions." />}
  />
);

export const Alerts = () => (
  <Ticker
    panel="alerts"
    title="Alerts"
    rows={4}
    rowHeight={50}
    columns={alertColumns}
    compare={criticalFirst}
    empty={<NotYet says="Nobody has entered Critical since midnight, by UTC." />}
  />
);
