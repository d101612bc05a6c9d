import { useState } from "react";
import type {
  ListedIntervention,
  StatisticsAnswer,
} from "../../../src/serve/messages/interventions.ts";
import { withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { useHover } from "../../live/use-paused.ts";
import { BandMark } from "../../parts/band.tsx";
import {
  armWord,
  channelWord,
  reasonWord,
  statusWord,
  stepWord,
} from "../../parts/contact-words.ts";
import { Export } from "../../parts/export.tsx";
import { count } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, NotYet, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useSession } from "../../session/use-session.ts";
import { Arms } from "./arms.tsx";
import { Dates } from "./dates.tsx";
import { Decision } from "./decision.tsx";
import { Filters } from "./filters.tsx";
import "./interventions.css";
import { Reasons } from "./reasons.tsx";
import { Summary } from "./summary.tsx";
import { names, useChosen, usualDays } from "./use-chosen.ts";
import { type Decisions, useDecisions } from "./use-decisions.ts";

const spans = [
  { value: "1", name: "1 day" },
  { value: "7", name: "7 days" },
  { value: "30", name: "30 days" },
  { value: "90", name: "90 days" },
  { value: "366", name: "A year" },
];
const freshMs = 10_000;

const columns: Column<ListedIntervention>[] = [
  { id: "at", title: "Decided", width: 96, cell: (row) => <Time at={row.decided_at} /> },
  { id: "band", title: "Band", width: 92, cell: (row) => <BandMark band={row.risk_level} /> },
  { id: "customer", title: "Customer", width: 112, cell: (row) => row.customer_id },
  {
    id: "step",
    title: "Step",
    width: 178,
    cell: (row) => (
      <>
        {stepWord(row.intervention_type)}
        {row.channel && <span className="soft"> · {channelWord(row.channel)}</span>}
      </>
    ),
  },
  {
    id: "status",
    title: "Status and why",
    cell: (row) => (
      <span title={row.why}>
        <span className={`decision-outcome ${row.outcome}`}>{statusWord(row.status)}</span>
        {row.arm === "holdout" && " "}
        {row.arm === "holdout" && <span className="tag">{armWord(row.arm)}</span>}
        {row.suppressed_by && <span className="soft"> · {reasonWord(row.suppressed_by)}</span>}
      </span>
    ),
  },
];

type ListProps = {
  decisions: Decisions;
  selected: string | undefined;
  onOpen: (id: string) => void;
  filtered: boolean;
  onAll: () => void;
};

const List = ({ decisions, selected, onOpen, filtered, onAll }: ListProps) => {
  const { rows, more, fault, loading, loadingMore, again } = decisions;
  const empty = filtered ? (
    <Empty says="No decision fits all of these filters.">
      <button type="button" className="button" onClick={onAll}>
        Show all
      </button>
    </Empty>
  ) : (
    <NotYet says="Nothing has been decided yet: the first score above Low leads to a decision." />
  );
  return (
    <>
      {fault && <Fault fault={fault} again={again} />}
      {loading ? (
        <Skeleton rows={12} />
      ) : (
        <Table
          label="Decisions, the newest first"
          rows={rows}
          columns={columns}
          rowId={(row) => row.intervention_id}
          selected={selected}
          onOpen={(row) => onOpen(row.intervention_id)}
          height={560}
          empty={fault ? <span /> : empty}
        />
      )}
      {more && (
        <div className="panel-body">
          <button type="button" className="button" disabled={loadingMore} onClick={more}>
            Older decisions <kbd>o</kbd>
          </button>
        </div>
      )}
    </>
  );
};

/** The row that the keys stand on, and the decision that is open; the open one is in the URL. */
const useSteps = ({ rows, more }: Decisions) => {
  const [open, setOpen] = useUrlValue("decision");
  const [at, setAt] = useState("");
  const place = rows.findIndex(({ intervention_id }) => intervention_id === (at || open));
  const step = (by: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, place + by))];
    if (next === undefined) return;
    setAt(next.intervention_id);
    if (open !== "") setOpen(next.intervention_id);
  };
  const show = (id: string) => {
    setAt(id);
    setOpen(id, { push: open === "" });
  };
  useKeys("Interventions", [
    { keys: "j", does: "Next decision", run: () => step(1) },
    { keys: "k", does: "Decision before", run: () => step(-1) },
    { keys: "Enter", does: "Open the decision", run: () => at !== "" && show(at) },
    { keys: "Escape", does: "Close the decision", run: () => setOpen("") },
    { keys: "o", does: "Older decisions", run: () => more?.() },
  ]);
  return { open, show, close: () => setOpen(""), selected: at || open || undefined };
};

/** Every decision to contact a customer or not, counted and one by one. */
const Interventions = () => {
  const [chosen, choose] = useChosen();
  const [held, within] = useHover();
  const decisions = useDecisions(chosen, held);
  const path = withQuery("/interventions/statistics", chosen);
  const statistics = useAnswer<StatisticsAnswer>(path, { everyMs: freshMs });
  const steps = useSteps(decisions);
  const { simulated = false } = useSession();
  const filtered = names.some((name) => chosen[name] !== undefined);
  const dated = chosen.from !== undefined || chosen.to !== undefined;
  const all = Object.fromEntries(names.map((name) => [name, ""]));
  const { data } = statistics;
  return (
    <Screen
      title="Interventions"
      says={
        data && (
          <>
            {count(data.total)} decisions
            {data.span.from && (
              <>
                {" since "}
                <Time at={data.span.from} as="clock" />
              </>
            )}
            {data.span.to && (
              <>
                {", until "}
                <Time at={data.span.to} as="clock" />
              </>
            )}
          </>
        )
      }
      acts={<Export name="interventions" rows={decisions.rows} />}
    >
      <div className="acts">
        <Filter
          label="Time span"
          choices={spans}
          value={dated ? "" : (chosen.days ?? usualDays)}
          onChange={(days) => choose({ days: days === usualDays ? "" : days, from: "", to: "" })}
        />
        <Dates chosen={chosen} choose={choose} />
      </div>
      {statistics.fault && <Fault fault={statistics.fault} again={statistics.again} />}
      <Summary statistics={data} simulated={simulated} />
      <div className="columns decisions-columns">
        <Panel
          title="One by one"
          aside={
            <>
              <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens
            </>
          }
        >
          <div className="panel-body">
            <Filters statistics={data} chosen={chosen} choose={choose} />
          </div>
          <div {...within}>
            <List
              decisions={decisions}
              selected={steps.selected}
              onOpen={steps.show}
              filtered={filtered}
              onAll={() => choose(all)}
            />
          </div>
        </Panel>
        <div className="decisions-side">
          {steps.open !== "" && <Decision id={steps.open} onClose={steps.close} />}
          {steps.open === "" && (
            <>
              <Reasons
                statistics={data}
                chosen={chosen.reason}
                onChoose={(reason) => choose({ reason })}
              />
              <Arms statistics={data} simulated={simulated} />
            </>
          )}
        </div>
      </div>
    </Screen>
  );
};

export default Interventions;
