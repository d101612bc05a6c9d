import { useState } from "react";
import type { SessionsAnswer } from "../../../src/serve/messages/session.ts";
import { ask } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { Export } from "../../parts/export.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { tell } from "../../parts/toast.tsx";
import { useSession } from "../../session/use-session.ts";

type Session = SessionsAnswer["sessions"][number];

const ways: Record<string, string> = {
  password: "a password",
  link: "a link",
  oidc: "your organisation",
};

const columnsFor = (onEnd: (session: Session) => void): Column<Session>[] => [
  {
    id: "name",
    title: "Who",
    cell: ({ name, own }) => (
      <>
        {name} {own && <span className="tag">this browser</span>}
      </>
    ),
    sort: ({ name }) => name,
  },
  { id: "role", title: "Role", width: 80, cell: ({ role }) => role, sort: ({ role }) => role },
  { id: "by", title: "Came by", width: 120, cell: ({ came_by }) => ways[came_by] ?? came_by },
  {
    id: "since",
    title: "Since",
    width: 100,
    cell: ({ created_at }) => <Time at={created_at} />,
    sort: ({ created_at }) => created_at,
  },
  {
    id: "seen",
    title: "Last seen",
    width: 100,
    cell: ({ seen_at }) => <Time at={seen_at} />,
    sort: ({ seen_at }) => seen_at,
  },
  {
    id: "end",
    title: "End it",
    width: 80,
    cell: (session) => (
      <button
        type="button"
        className="button plain"
        style={{ minHeight: 0, padding: 0 }}
        aria-label={`End the session of ${session.name}`}
        onClick={() => onEnd(session)}
      >
        End …
      </button>
    ),
  },
];

/** What is seen of a session, for a file. */
const exported = ({ name, role, came_by, created_at, seen_at, own }: Session) => ({
  name,
  role,
  came_by,
  created_at,
  seen_at,
  own,
});

/** Who is signed in, and the way to end that. */
const Sessions = () => {
  const { role } = useSession();
  const { data, fault, again } = useAnswer<SessionsAnswer>("/sessions", { everyMs: 15_000 });
  const [ending, setEnding] = useState<Session | null>(null);
  const end = async () => {
    await ask(`/sessions/${ending?.id}`, { method: "DELETE" });
    tell(`${ending?.name} is signed out there.`);
    again();
  };
  const whose = role === "admin" ? "Everybody who is signed in" : "Where you are signed in";
  return (
    <Screen
      title="Sessions"
      says={whose}
      acts={<Export name="sessions" rows={(data?.sessions ?? []).map(exported)} />}
    >
      <Panel title="In use">
        {fault && <Fault fault={fault} again={again} />}
        {data ? (
          <Table
            label="Sessions in use"
            rows={data.sessions}
            columns={columnsFor(setEnding)}
            rowId={({ id }) => id}
          />
        ) : (
          <Skeleton rows={4} />
        )}
      </Panel>
      <Confirm
        title="End this session"
        says={`${ending?.name ?? ""} is signed out there at once, and can sign in anew.`}
        act="End it"
        open={ending !== null}
        onClose={() => setEnding(null)}
        run={end}
      />
    </Screen>
  );
};

export default Sessions;
