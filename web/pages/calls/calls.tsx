import { Link } from "wouter";
import type { Call } from "../../../src/serve/messages/calls.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { count } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useSession } from "../../session/use-session.ts";
import "./calls.css";
import { Doubts } from "./doubts.tsx";
import { InHand } from "./in-hand.tsx";
import { useCalls } from "./use-calls.ts";

const urgency: Record<number, string> = { 1: "Most urgent", 2: "Urgent", 3: "Can wait" };

const Holder = ({ call, name }: { call: Call; name: string | undefined }) => {
  if (call.taken_by === null) return <span className="soft">waits for somebody</span>;
  return (
    <span>
      {call.taken_by === name ? <b>you</b> : call.taken_by}
      {call.taken_at && (
        <span className="soft">
          {" since "}
          <Time at={call.taken_at} as="clock" />
          {call.free_at && Date.parse(call.free_at) < Date.now() && ", free to take"}
        </span>
      )}
    </span>
  );
};

const columnsFor = (name: string | undefined): Column<Call>[] => [
  {
    id: "priority",
    title: "Urgency",
    width: 104,
    cell: (call) => urgency[call.priority] ?? `Level ${call.priority}`,
  },
  {
    id: "customer",
    title: "Customer",
    width: 120,
    cell: (call) =>
      call.customer_id ? (
        <Link
          href={`/customers/${encodeURIComponent(call.customer_id)}`}
          onClick={(event) => event.stopPropagation()}
        >
          {call.customer_id}
        </Link>
      ) : (
        "staff"
      ),
  },
  { id: "message", title: "What for", cell: (call) => call.message },
  {
    id: "holder",
    title: "Who has it",
    width: 170,
    cell: (call) => <Holder call={call} name={name} />,
  },
  { id: "expires", title: "Expires", width: 110, cell: (call) => <Time at={call.expires_at} /> },
];

const noCall =
  "No call waits. One is listed when the risk of a customer is critical and the contact policy " +
  "asks for a call, within the hours in which the customer may be called.";
const callers = new Set(["analyst", "lead", "admin"]);

/** Calls for people to make, and the messages of which nobody knows whether they were sent. */
const Calls = () => {
  const { name, role } = useSession();
  const { answer, calls, taken, refused, busy, take, end } = useCalls(name);
  const [selected, select] = useUrlValue("call");
  const mayCall = callers.has(role ?? "");
  const place = calls.findIndex(({ call_id }) => call_id === selected);
  const step = (by: number) => {
    const next = calls[Math.max(0, Math.min(calls.length - 1, place + by))];
    if (next) select(next.call_id);
  };
  const takeSelected = () => {
    if (mayCall && selected !== "") void take(selected);
  };
  useKeys("Call list", [
    { keys: "j", does: "Next call", run: () => step(1) },
    { keys: "k", does: "Call before", run: () => step(-1) },
    { keys: "t", does: "Take the call", run: takeSelected, may: mayCall },
    { keys: "Enter", does: "Take the call", run: takeSelected, may: mayCall },
    { keys: "d", does: "Done: spoken to", run: () => end("done"), may: mayCall },
    { keys: "n", does: "Nobody answered", run: () => end("no-answer"), may: mayCall },
  ]);
  const waiting = calls.filter(({ taken_by }) => taken_by === null).length;
  return (
    <Screen
      title="Call list"
      says={answer.data && `${count(calls.length)} open, ${count(waiting)} not taken by anybody`}
      acts={<Export name="calls" rows={calls} />}
    >
      <div className="columns">
        <Panel
          title="Calls to make"
          aside={
            mayCall ? (
              <>
                <kbd>j</kbd> <kbd>k</kbd> move, <kbd>t</kbd> takes
              </>
            ) : (
              "analysts and leads make calls"
            )
          }
        >
          {answer.loading && <Skeleton rows={6} />}
          {answer.fault && <Fault fault={answer.fault} again={answer.again} />}
          {answer.data && (
            <Table
              label="Calls to make, the most urgent first"
              rows={calls}
              columns={columnsFor(name)}
              rowId={(call) => call.call_id}
              selected={selected}
              onOpen={(call) => select(call.call_id)}
              empty={
                <Empty says={noCall}>
                  <Link href="/interventions">See what was decided instead</Link>
                </Empty>
              }
            />
          )}
          {place >= 0 && (
            <div className="panel-body acts">
              <button
                type="button"
                className="button primary"
                disabled={!mayCall || busy}
                onClick={takeSelected}
              >
                {calls[place].taken_by === name ? "Show again" : "Take this call"} <kbd>t</kbd>
              </button>
              <span className="soft small">
                Listed <Time at={calls[place].listed_at} />. Whether the customer may be called is
                asked once more before you see the number.
              </span>
            </div>
          )}
          {refused && <Fault fault={refused.fault} />}
        </Panel>
        <InHand call={taken} busy={busy} onEnd={end} />
      </div>
      <Doubts />
    </Screen>
  );
};

export default Calls;
