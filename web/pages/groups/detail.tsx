import { useMemo } from "react";
import { Link } from "wouter";
import type { GroupAnswer, MemberAnswer, PartAnswer } from "../../../src/serve/messages/groups.ts";
import { Line } from "../../charts/line.tsx";
import { useLive } from "../../live/use-live.ts";
import { count, Known } from "../../parts/figures.tsx";
import { shortened } from "../../parts/id.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { duration } from "../../parts/time.tsx";

const columns = (memberOf: (part: PartAnswer) => string): Column<PartAnswer>[] => [
  {
    id: "topic",
    title: "Topic",
    cell: ({ topic }) => <Link href={`/topics/${encodeURIComponent(topic)}`}>{topic}</Link>,
    sort: ({ topic, partition }) => `${topic} ${String(partition).padStart(4, "0")}`,
  },
  {
    id: "partition",
    title: "Partition",
    width: 70,
    number: true,
    cell: ({ partition }) => partition,
  },
  {
    id: "committed",
    title: "Is at",
    width: 80,
    number: true,
    cell: ({ committed }) => (committed === null ? "not begun" : count(committed)),
  },
  { id: "end", title: "End", width: 80, number: true, cell: ({ end }) => count(end) },
  {
    id: "records",
    title: "Behind",
    width: 64,
    number: true,
    cell: ({ records }) => count(records),
    sort: ({ records }) => records,
  },
  {
    id: "seconds",
    title: "By",
    width: 62,
    number: true,
    cell: ({ records, seconds }) =>
      records === 0 ? "" : <Known value={seconds === null ? null : duration(seconds * 1_000)} />,
    sort: ({ seconds }) => seconds ?? Number.MAX_VALUE,
  },
  { id: "member", title: "Read by", width: 104, cell: (part) => memberOf(part) },
];

type Point = { at: number; records: number };

/** What was measured each second, where that is sent; else what was seen while somebody looked. */
const useCourse = (group: GroupAnswer): readonly Point[] => {
  const { entries } = useLive("lag");
  return useMemo(() => {
    const live = entries.flatMap(({ value }): Point[] => {
      const own = value.groups.find((one) => one.group === group.group);
      return own ? [{ at: Date.parse(value.at), records: own.records }] : [];
    });
    if (live.length > 1) return live;
    return group.history.map((one) => ({ at: Date.parse(one.at), records: one.records }));
  }, [entries, group]);
};

const Course = ({ group }: { group: GroupAnswer }) => {
  const course = useCourse(group);
  const at = useMemo(() => course.map((one) => one.at), [course]);
  const series = useMemo(() => {
    const values = course.map(({ records }) => records);
    return [{ name: "Records behind", colour: "--accent", values, fill: true }];
  }, [course]);
  if (at.length < 2)
    return <p className="soft panel-body">The course is drawn once it was watched for a moment.</p>;
  return (
    <div className="panel-body">
      <Line
        label={`How far ${group.group} was behind, in records`}
        at={at}
        series={series}
        height={72}
        says={(value) => count(value)}
        bare
      />
      <p className="soft small">
        At most {count(Math.max(...course.map(({ records }) => records)))}, now{" "}
        {count(course.at(-1)?.records ?? 0)}.
      </p>
    </div>
  );
};

const Members = ({ group }: { group: GroupAnswer }) => (
  <ul className="groups-members">
    {group.members.map(({ id, client, instance, host, parts }) => (
      <li key={id}>
        <b title={id}>{instance ?? shortened(id, 34)}</b>
        <span className="soft small">
          {client} on {host}, {parts.length} {parts.length === 1 ? "partition" : "partitions"}
        </span>
      </li>
    ))}
    {group.members.length === 0 && (
      <li className="soft">
        {group.offsets_in === "files"
          ? "It reads without being a member: nothing is shared out."
          : "Nobody works in it now."}
      </li>
    )}
  </ul>
);

/** A member that keeps its place is known by its slot. */
const nameIn = ({ group }: GroupAnswer, { id, instance }: MemberAnswer): string => {
  const [, slot] = /-(\d+)$/.exec(instance ?? "") ?? [];
  return slot !== undefined && instance?.includes(group) ? `slot ${slot}` : shortened(id, 14);
};

/** A group, partition by partition. */
export const Detail = ({ group }: { group: GroupAnswer }) => {
  const names = new Map(group.members.map((one) => [one.id, nameIn(group, one)]));
  const memberOf = ({ member }: PartAnswer): string =>
    member === null ? "nobody" : (names.get(member) ?? "");
  return (
    <div className="groups-detail">
      <Panel title={group.group} aside={<Known value={group.of ?? "not ours"} />}>
        {group.parts.length === 0 ? (
          <p className="soft panel-body">
            What it reads is known only of groups of ours, or while it has members.
          </p>
        ) : (
          <Table
            label={`Partitions of ${group.group}`}
            rows={group.parts}
            columns={columns(memberOf)}
            rowId={({ topic, partition }) => `${topic} ${partition}`}
            height={320}
          />
        )}
      </Panel>
      <div className="groups-side">
        <Panel title="Behind" aside="records, the last minutes">
          <Course group={group} />
        </Panel>
        <Panel title="Members" aside={count(group.members.length)}>
          <Members group={group} />
        </Panel>
        <Panel title="Where it keeps how far it is">
          <p className="panel-body">{group.offsets_say}</p>
        </Panel>
      </div>
    </div>
  );
};
