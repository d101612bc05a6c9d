import { useState } from "react";
import type { GroupAnswer, GroupsAnswer } from "../../../src/serve/messages/groups.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { OpenApprovals } from "../../parts/approvals.tsx";
import { Export } from "../../parts/export.tsx";
import { Known } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { duration } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useSession } from "../../session/use-session.ts";
import { Detail } from "./detail.tsx";
import "./groups.css";
import { Reset } from "./reset.tsx";
import { kindWords, offsetWords, stateWords, trendWords } from "./words.ts";

const freshMs = 2_000;
const actors = new Set(["lead", "engineer", "admin"]);

const keepsUpS = 5;

const caughtUp = ({ records, seconds, trend, caught_up_in_s: s }: GroupAnswer): string => {
  if (records === null) return "";
  if (records === 0) return "caught up";
  if (trend !== "growing" && (seconds ?? 0) < keepsUpS) return "keeps up";
  if (trend === null) return "unknown";
  return s === null ? "not at this pace" : `in ${duration(s * 1_000)}`;
};

const columns: Column<GroupAnswer>[] = [
  {
    id: "group",
    title: "Group",
    cell: (row) => <b title={row.of ?? undefined}>{row.group}</b>,
    sort: (row) => row.group,
  },
  {
    id: "state",
    title: "State",
    width: 150,
    cell: (row) =>
      row.offsets_in === "files" && row.members.length === 0
        ? "reads by itself"
        : stateWords[row.state],
    sort: (row) => row.state,
  },
  {
    id: "members",
    title: "Members",
    width: 80,
    number: true,
    cell: (row) => row.members.length,
    sort: (row) => row.members.length,
  },
  {
    id: "records",
    title: "Behind",
    width: 84,
    number: true,
    cell: (row) => <Known value={row.records} />,
    sort: (row) => row.records ?? -1,
  },
  {
    id: "seconds",
    title: "By",
    width: 72,
    number: true,
    cell: (row) =>
      row.seconds === null ? (
        <Known value={null} />
      ) : row.records === 0 ? (
        ""
      ) : (
        duration(row.seconds * 1_000)
      ),
    sort: (row) => row.seconds ?? -1,
  },
  {
    id: "trend",
    title: "Trend",
    width: 104,
    cell: (row) => <Known value={row.trend && trendWords[row.trend]} />,
    sort: (row) => row.trend ?? "",
  },
  { id: "caught", title: "Caught up", width: 118, cell: caughtUp },
  {
    id: "offsets",
    title: "Offsets in",
    width: 88,
    cell: (row) => offsetWords[row.offsets_in],
    sort: (row) => row.offsets_in,
  },
];

/** Who reads what, how far behind, and from where they go on. */
export default function GroupsScreen() {
  const { role } = useSession();
  const { data, fault, loading, again } = useAnswer<GroupsAnswer>("/groups", { everyMs: freshMs });
  const [kind, setKind] = useUrlValue("kind");
  const [chosen, choose] = useUrlValue("group");
  const [resetting, setResetting] = useState(false);
  const mayAct = actors.has(role ?? "");
  const all = data?.groups ?? [];
  const rows = all.filter((one) => kind === "" || one.kind === kind);
  const at = rows.findIndex(({ group }) => group === chosen);
  const selected = rows[at];
  const step = (by: number) =>
    choose(rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.group ?? "");
  const canReset = mayAct && selected !== undefined && selected.parts.length > 0;
  useKeys("Groups", [
    { keys: "j", does: "Next group", run: () => step(1) },
    { keys: "k", does: "Group before", run: () => step(-1) },
    { keys: "r", does: "Move its offsets", run: () => canReset && setResetting(true), may: mayAct },
  ]);
  const choices = Object.entries(kindWords).map(([value, name]) => ({
    value,
    name,
    count: data ? all.filter((one) => one.kind === value).length : null,
  }));
  return (
    <Screen
      title="Groups"
      says="Who reads what, and how far behind they are"
      acts={
        <>
          <button
            type="button"
            className="button"
            disabled={!canReset}
            onClick={() => setResetting(true)}
          >
            Move offsets <kbd>r</kbd>
          </button>
          <Export
            name="groups"
            rows={rows.map(({ members, history, parts, ...rest }) => ({
              ...rest,
              members: members.length,
            }))}
          />
        </>
      }
    >
      <OpenApprovals acts={["reset_offsets"]} />
      <Panel title="Consumer groups" aside="behind: records that wait, and how old the oldest is">
        <div className="panel-body">
          <Filter label="Kind" choices={choices} value={kind} onChange={setKind} />
        </div>
        {fault && <Fault fault={fault} again={again} />}
        {loading && <Skeleton rows={8} />}
        {data && (
          <Table
            label="Consumer groups"
            rows={rows}
            columns={columns}
            rowId={({ group }) => group}
            selected={chosen}
            onOpen={({ group }) => choose(group === chosen ? "" : group, { push: true })}
            empty={
              <Empty says="No group of this kind is known in this space.">
                <button type="button" className="button" onClick={() => setKind("")}>
                  Show every kind
                </button>
              </Empty>
            }
          />
        )}
      </Panel>
      {selected && <Detail group={selected} />}
      {selected && (
        <Reset
          key={selected.group}
          group={selected}
          open={resetting}
          onClose={() => setResetting(false)}
          onDone={again}
        />
      )}
    </Screen>
  );
}
