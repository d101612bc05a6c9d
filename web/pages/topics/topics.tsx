import { useState } from "react";
import { useLocation } from "wouter";
import type { TopicSummary, TopicsAnswer } from "../../../src/serve/messages/topics.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { bytes, count, Known } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table, useSort } from "../../parts/table.tsx";
import { duration } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import "./topics.css";
import { kindWords, rateOf } from "./words.ts";

const freshMs = 2_000;

const Lag = ({ topic }: { topic: TopicSummary }) => {
  const [most] = topic.lag;
  if (topic.readers.length === 0) return <span className="soft">no readers</span>;
  if (most === undefined) return <Known value={null} />;
  if (most.records === 0) return <span className="soft">none</span>;
  const title = topic.lag.map(({ group, records }) => `${group}: ${count(records)}`).join("\n");
  return (
    <span title={title}>
      {count(most.records)} ·{" "}
      <Known value={most.seconds === null ? null : duration(most.seconds * 1_000)} />
    </span>
  );
};

const keptFor = ({ retention_ms: ms, compacted }: TopicSummary): string =>
  compacted ? "newest of key" : ms === null ? "for ever" : duration(ms);

const columns: Column<TopicSummary>[] = [
  {
    id: "name",
    title: "Topic",
    cell: (row) => (
      <span title={row.says}>
        <b className="topics-name">{row.name}</b> <span className="soft">{row.says}</span>
      </span>
    ),
    sort: (row) => row.name,
  },
  {
    id: "records",
    title: "Records",
    width: 96,
    number: true,
    cell: (row) => <Known value={row.records} />,
    sort: (row) => row.records ?? -1,
  },
  {
    id: "rate",
    title: "Per second",
    width: 96,
    number: true,
    cell: (row) => <Known value={rateOf(row.per_s)} />,
    sort: (row) => row.per_s ?? -1,
  },
  {
    id: "bytes",
    title: "Size",
    width: 88,
    number: true,
    cell: (row) => <Known value={row.bytes === null ? null : bytes(row.bytes)} />,
    sort: (row) => row.bytes ?? -1,
  },
  {
    id: "lag",
    title: "Readers' lag",
    width: 120,
    number: true,
    cell: (row) => <Lag topic={row} />,
    sort: ({ lag: [most] }) => (most === undefined ? -1 : (most.seconds ?? Number.MAX_VALUE)),
  },
  { id: "owner", title: "Owner", width: 104, cell: (row) => row.owner ?? "" },
  { id: "kept", title: "Kept", width: 120, cell: keptFor },
];

const listed = (topics: readonly TopicSummary[], kind: string, text: string): TopicSummary[] =>
  topics.filter(
    (topic) =>
      topic.kind === (kind || "events") &&
      `${topic.name} ${topic.says} ${topic.owner}`.toLowerCase().includes(text.toLowerCase()),
  );

/** Every topic of the space: how much it holds, how it grows, and who is behind. */
export default function TopicsScreen() {
  const { data, fault, loading, again } = useAnswer<TopicsAnswer>("/topics", { everyMs: freshMs });
  const [kind, setKind] = useUrlValue("kind", "events");
  const [text, setText] = useUrlValue("q");
  const [selected, select] = useState("");
  const [, go] = useLocation();
  const topics = data?.topics ?? [];
  const sort = useSort(listed(topics, kind, text), columns);
  const { rows } = sort;
  const at = rows.findIndex(({ name }) => name === selected);
  const open = (name: string) => go(`/topics/${encodeURIComponent(name)}`);
  const step = (by: number) =>
    select(rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.name ?? "");
  useKeys("Topics", [
    { keys: "j", does: "Next topic", run: () => step(1) },
    { keys: "k", does: "Topic before", run: () => step(-1) },
    { keys: "Enter", does: "Open the topic", run: () => selected && open(selected) },
  ]);
  const choices = Object.entries(kindWords).map(([value, name]) => {
    const own = topics.filter((topic) => topic.kind === value).length;
    return { value, name, count: data ? own : null };
  });
  return (
    <Screen
      title="Topics"
      says="What travels, how fast, and who has still to read it"
      acts={<Export name="topics" rows={rows.map(({ writers, readers, ...rest }) => rest)} />}
    >
      <Panel
        title="Topics"
        aside="Rates over the last 20 s; sizes are reckoned from the newest records"
      >
        <div className="panel-body topics-choose">
          <Filter label="Kind" choices={choices} value={kind} onChange={setKind} />
          <input
            type="search"
            aria-label="Find among these topics"
            placeholder="Name, meaning or owner"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        {fault && <Fault fault={fault} again={again} />}
        {loading ? (
          <Skeleton rows={12} />
        ) : (
          <Table
            label="Topics"
            rows={rows}
            sort={sort}
            columns={columns}
            rowId={(row) => row.name}
            selected={selected}
            onOpen={(row) => open(row.name)}
            height="calc(100vh - 230px)"
            empty={
              fault ? (
                <span />
              ) : (
                <Empty
                  says="No topic of this kind fits. Topics are made when a space is set up."
                  command="./bellwether topics create"
                />
              )
            }
          />
        )}
      </Panel>
    </Screen>
  );
}
