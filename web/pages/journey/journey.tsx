import { useEffect, useState } from "react";
import { Link, useSearchParams } from "wouter";
import type { Hop, JourneyAnswer } from "../../../src/serve/messages/journey.ts";
import { withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { Known } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { duration, Time } from "../../parts/time.tsx";
import "../topics/topics.css";
import { Chain } from "./chain.tsx";
import { Detail } from "./detail.tsx";
import { summary } from "./hop-words.ts";
import "./journey.css";

const span = (ms: number | null) => <Known value={ms === null ? null : duration(ms)} />;

const columnsOf = (hops: readonly Hop[]): Column<Hop>[] => {
  const numberOf = (id: string | null) => hops.findIndex((hop) => hop.id === id) + 1;
  return [
    { id: "n", title: "#", width: 40, cell: (hop) => numberOf(hop.id) },
    {
      id: "says",
      title: "Hop",
      width: 176,
      cell: (hop) => (
        <>
          {hop.main ? <b>{hop.says}</b> : hop.says}{" "}
          {hop.slowest && <span className="tag journey-slow">slowest</span>}
        </>
      ),
    },
    {
      id: "place",
      title: "Place",
      cell: (hop) => (
        <span className="mono" title={hop.id}>
          {hop.id}
        </span>
      ),
    },
    { id: "parent", title: "From", width: 52, cell: (hop) => numberOf(hop.parent) || "" },
    { id: "by", title: "Written by", width: 132, cell: (hop) => hop.by ?? "" },
    { id: "version", title: "Version", width: 60, cell: (hop) => hop.version ?? "" },
    {
      id: "at",
      title: "Appended",
      width: 84,
      cell: (hop) => (hop.append_at === null ? "" : <Time at={hop.append_at} as="clock" />),
    },
    { id: "wait", title: "Waited", width: 68, number: true, cell: (hop) => span(hop.waiting_ms) },
    { id: "work", title: "Worked", width: 78, number: true, cell: (hop) => span(hop.working_ms) },
  ];
};

const rowOf = ({ message, ...hop }: Hop) => ({ ...hop, value: message?.value ?? null });

/** What stands in the URL: the event, the hop that is open, and the view. */
const useJourneyUrl = () => {
  const [params, setParams] = useSearchParams();
  const set = (changes: Record<string, string>, replace = true) =>
    setParams(
      (earlier) => {
        const next = new URLSearchParams(earlier);
        for (const [name, value] of Object.entries(changes))
          if (value) next.set(name, value);
          else next.delete(name);
        return next;
      },
      { replace },
    );
  const get = (name: string) => params.get(name) ?? "";
  return { event: get("event"), hop: get("hop"), view: get("view"), set };
};

const Ask = ({ event, onAsk }: { event: string; onAsk: (event: string) => void }) => {
  const [text, setText] = useState(event);
  useEffect(() => setText(event), [event]);
  return (
    <form
      className="journey-ask"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        onAsk(text.trim());
      }}
    >
      <input
        type="search"
        aria-label="Event"
        id="journey-event"
        className="mono"
        placeholder="topic-partition-offset, or the id of a transaction, prediction …"
        value={text}
        onChange={(changed) => setText(changed.target.value)}
      />
      <button type="submit" className="button">
        Follow
      </button>
    </form>
  );
};

type ShownProps = {
  journey: JourneyAnswer;
  hop: string;
  table: boolean;
  open: (id: string) => void;
};

const Shown = ({ journey, hop, table, open }: ShownProps) => {
  const { hops, notes, customer_id: customer } = journey;
  const chosen = hops.find(({ id }) => id === hop) ?? hops.find(({ asked }) => asked);
  return (
    <>
      <Panel
        title={journey.kind}
        aside={
          customer && <Link href={`/customers/${encodeURIComponent(customer)}`}>{customer}</Link>
        }
      >
        <div className="panel-body journey-body">
          <p>{summary(hops)}</p>
          {notes.map((note) => (
            <p key={note} className="soft">
              {note}
            </p>
          ))}
          {!table && <Chain hops={hops} selected={chosen?.id ?? ""} onSelect={open} />}
        </div>
        {table && (
          <Table
            label="Hops"
            rows={hops}
            columns={columnsOf(hops)}
            rowId={({ id }) => id}
            selected={chosen?.id}
            onOpen={({ id }) => open(id)}
          />
        )}
      </Panel>
      {chosen && <Detail hop={chosen} />}
    </>
  );
};

const Begin = () => (
  <Panel title="No event yet">
    <Empty
      says={
        "Give the id of an event, or choose Journey on a message of a topic. " +
        "Ids of transactions, predictions, interventions and notifications are known, and traces."
      }
      command={'./bellwether sql "select intervention_id from interventions limit 5"'}
    >
      <Link href="/topics">Choose a message of a topic</Link>
    </Empty>
  </Panel>
);

/** The way of one record across topics: what caused it, what it caused, and what stopped it. */
export default function JourneyScreen() {
  const { event, hop, view, set } = useJourneyUrl();
  const path = event === "" ? null : withQuery("/journey", { event });
  const { data, fault, loading, again } = useAnswer<JourneyAnswer>(path);
  const journey = data !== undefined && data.id === event ? data : undefined;
  const hops = journey?.hops ?? [];
  const asked = hops.findIndex((one) => one.asked);
  const at = hops.findIndex(({ id }) => id === hop);
  const step = (by: number) => {
    const next = hops[Math.min(hops.length - 1, Math.max(0, (at < 0 ? asked : at) + by))];
    if (next) set({ hop: next.id });
  };
  const isTable = view === "table";
  const turn = () => set({ view: isTable ? "" : "table" });
  useKeys("Journey", [
    { keys: "j", does: "Next hop", run: () => step(1) },
    { keys: "k", does: "Hop before", run: () => step(-1) },
    { keys: "v", does: "Chain or table", run: turn },
    {
      keys: "e",
      does: "Another event",
      run: () => document.getElementById("journey-event")?.focus(),
    },
  ]);
  return (
    <Screen
      title="Journey"
      says="What caused a record, what it caused, and what stopped it"
      acts={
        <>
          <button type="button" className="button" aria-pressed={isTable} onClick={turn}>
            {isTable ? "As a chain" : "As a table"} <kbd>v</kbd>
          </button>
          <Export name="journey" rows={hops.map(rowOf)} />
        </>
      }
    >
      <Ask event={event} onAsk={(next) => set({ event: next, hop: "" }, false)} />
      {event === "" && <Begin />}
      {fault && !journey && (
        <Panel title={event}>
          <Fault fault={fault} again={again} />
        </Panel>
      )}
      {event !== "" && !journey && !fault && (
        <Panel title={loading ? "Looking for its way" : event}>
          <Skeleton rows={8} />
        </Panel>
      )}
      {journey && (
        <Shown journey={journey} hop={hop} table={isTable} open={(id) => set({ hop: id })} />
      )}
    </Screen>
  );
}
