import { useLocation } from "wouter";
import type { QueueAnswer, QueueFilters, QueueRow } from "../../../src/serve/messages/queue.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { count, money } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, NotYet, Skeleton } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useWidth } from "../../parts/use-width.ts";
import { ChosenBar } from "./chosen-bar.tsx";
import { customerPath, exportedRow, queueColumns } from "./columns.tsx";
import { Decide } from "./decide.tsx";
import { Filters } from "./filters.tsx";
import { Give } from "./give.tsx";
import "./queue.css";
import { Several } from "./several.tsx";
import { useChosen } from "./use-chosen.ts";
import { type Doing, givingBack, reopening, useDoing } from "./use-doing.ts";
import { useFilters, useQueue } from "./use-queue.ts";
import { Views } from "./views.tsx";

const rowHeight = 50;
const tableHeight = "max(320px, calc(100vh - 283px))";

const Says = ({ now, filters }: { now: QueueAnswer | undefined; filters: QueueFilters }) => {
  if (!now?.summary) return null;
  const { customers, at_stake, expected_loss } = now.summary;
  const one = customers === 1;
  const usual = filters.decided === undefined ? ` that ${one ? "waits" : "wait"} for a person` : "";
  return (
    <>
      {count(customers)} {one ? "customer" : "customers"}
      {usual} · likely lost <b>{money(expected_loss, now.currency)}</b> of{" "}
      {money(at_stake, now.currency)} at stake
    </>
  );
};

type NobodyProps = {
  filters: QueueFilters;
  now: QueueAnswer | undefined;
  onChoose: (filters: QueueFilters) => void;
};

/** Why nothing is shown, and what to do next. */
const Nobody = ({ filters, now, onChoose }: NobodyProps) => {
  const counts = now?.summary?.counts;
  const resting = counts?.decided.find(({ value }) => value === "decided")?.count ?? 0;
  const medium = counts?.band.find(({ value }) => value === "MEDIUM")?.count ?? 0;
  const choice = (says: string, next: QueueFilters) => (
    <button type="button" className="button" onClick={() => onChoose(next)}>
      {says}
    </button>
  );
  if (Object.keys(filters).length > 0)
    return (
      <Empty says="No customer at risk is like this.">{choice("Show all that wait", {})}</Empty>
    );
  if (resting > 0)
    return (
      <Empty says="Nobody waits: whoever is High or Critical is decided and rests.">
        {choice(`Show the ${count(resting)} that rest`, { decided: "decided" })}
      </Empty>
    );
  if (medium > 0)
    return (
      <Empty says="Nobody is High or Critical just now.">
        {choice(`Show the ${count(medium)} that are Medium`, { band: "MEDIUM" })}
      </Empty>
    );
  return <NotYet says="Nobody is at risk here so far." />;
};

/** Moves the row that the keys act on; the URL names it. */
const useCursor = (rows: readonly QueueRow[]) => {
  const [named, setNamed] = useUrlValue("row");
  const at = rows.findIndex(({ customer_id }) => customer_id === named);
  const move = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) setNamed(next.customer_id);
  };
  return { current: at < 0 ? undefined : rows[at], named, move };
};

/** Customers at risk, ranked by what is likely to be lost, for people to decide about. */
const QueueScreen = () => {
  const { filters, set, only } = useFilters();
  const queue = useQueue(filters);
  const { rows, now, fault, loading, changed, show, end } = queue;
  const [, go] = useLocation();
  const width = useWidth();
  const chosen = useChosen(rows);
  const { current, named, move } = useCursor(rows);
  const doing = useDoing(queue, filters, { chosen, current: current?.customer_id });
  const { may } = doing;
  useKeys("Queue", [
    { keys: "j", does: "Next customer", run: () => move(1) },
    { keys: "k", does: "Customer before", run: () => move(-1) },
    {
      keys: "Enter",
      does: "Open the customer",
      run: () => current && go(customerPath(current.customer_id)),
    },
    { keys: "x", does: "Choose, or not", run: () => current && chosen.toggle(current.customer_id) },
    { keys: "a", does: "Take care of it", run: doing.take, may },
    { keys: "d", does: "Decide", run: doing.decide, may },
    { keys: "o", does: "Reopen what is decided", run: doing.reopen, may },
    { keys: "u", does: "Undo, within ten seconds", run: doing.undo, may },
    { keys: "r", does: "Show what has changed", run: show },
    { keys: "Escape", does: "Let go what is chosen", run: chosen.clear },
  ]);
  const currency = now?.currency ?? "";
  return (
    <Screen
      title="Queue"
      says={<Says now={now} filters={filters} />}
      acts={
        <>
          <Views filters={filters} onChoose={only} />
          <Export name="queue" rows={rows.map((row) => exportedRow(row, currency))} />
        </>
      }
    >
      <Filters filters={filters} counts={now?.summary?.counts} onChange={set} />
      {fault && <Fault fault={fault} again={show} />}
      <Panel
        title="By what is likely lost: score × what is overdue or falls due within a month"
        className="queue-panel"
        aside={<Changed count={changed} onShow={show} />}
      >
        {chosen.ids.length > 0 && <ChosenBar chosen={chosen} doing={doing} filters={filters} />}
        {loading && !fault ? (
          <Skeleton rows={8} height={rowHeight - 18} />
        ) : (
          <Table
            label="Customers at risk"
            rows={rows}
            columns={queueColumns({ chosen, currency, width })}
            rowId={(row) => row.customer_id}
            selected={named}
            onOpen={(row) => go(customerPath(row.customer_id))}
            onEnd={end}
            height={tableHeight}
            rowHeight={rowHeight}
            empty={!fault && <Nobody filters={filters} now={now} onChoose={only} />}
          />
        )}
      </Panel>
      <Dialogs doing={doing} now={now} />
    </Screen>
  );
};
export default QueueScreen;

const Changed = ({ count: changed, onShow }: { count: number; onShow: () => void }) =>
  changed > 0 ? (
    <button type="button" className="button small" onClick={onShow}>
      {count(changed)} changed – show <kbd>r</kbd>
    </button>
  ) : (
    <>as it is now</>
  );

const peopleIn = (now: QueueAnswer | undefined): string[] =>
  (now?.summary?.counts.assignee ?? [])
    .map(({ value }) => value)
    .filter((value) => value !== "mine" && value !== "nobody");

const Dialogs = ({ doing, now }: { doing: Doing; now: QueueAnswer | undefined }) => {
  const { dialog, targets, close, act, me } = doing;
  const shared = { customers: targets, onClose: close, act };
  return (
    <>
      <Decide {...shared} open={dialog === "decide"} />
      <Give
        {...shared}
        to={dialog === "give" ? undefined : me}
        people={peopleIn(now)}
        open={dialog === "take" || dialog === "give"}
      />
      <Several {...shared} what={givingBack} verb="Give back" open={dialog === "give back"} />
      <Several {...shared} what={reopening} verb="Reopen" open={dialog === "reopen"} />
    </>
  );
};
