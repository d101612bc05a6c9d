import { useState } from "react";
import { Link } from "wouter";
import type { Doubt, DoubtsAnswer } from "../../../src/serve/messages/calls.ts";
import { ask } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Attempts } from "../../parts/attempts.tsx";
import { channelWord } from "../../parts/contact-words.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { tell } from "../../parts/toast.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useSession } from "../../session/use-session.ts";

const noDoubt =
  "Of every message it is known whether it was sent. One that a provider neither confirmed nor " +
  "refused would stand here, and in a terminal by:";
const freshMs = 10_000;

const AgainDialog = ({ doubt, onClose }: { doubt: Doubt; onClose: () => void }) => {
  const { name } = useSession();
  const [sure, setSure] = useState(false);
  const to = doubt.customer_id ?? "the one it was for";
  const path = `/notifications/${encodeURIComponent(doubt.notification_id)}/send-again`;
  return (
    <Confirm
      title={`Send this ${channelWord(doubt.channel)} once more?`}
      says={
        <>
          Nobody knows whether “{doubt.message}” reached {to}. If it did, they get it twice. If it
          did not and you leave it, it ends unsent <Time at={doubt.expires_at} />.
        </>
      }
      open
      onClose={onClose}
      act="Send once more"
      ready={sure}
      run={async () => {
        await ask(path, { method: "POST" });
        tell("It goes out again; your name stands in the ledger.");
      }}
    >
      <h3>What was tried</h3>
      <Attempts attempts={doubt.attempts} />
      <label className="call-sure">
        <input type="checkbox" checked={sure} onChange={(event) => setSure(event.target.checked)} />
        <span>
          I take it upon myself, as {name ?? "myself"}, that it may arrive twice: one message more
          for one customer.
        </span>
      </label>
    </Confirm>
  );
};

const One = ({
  doubt,
  mayAct,
  onAgain,
}: {
  doubt: Doubt;
  mayAct: boolean;
  onAgain: () => void;
}) => (
  <li className="call-doubt">
    <div>
      <p>
        <b>{channelWord(doubt.channel)}</b> “{doubt.message}”
        {doubt.customer_id && (
          <>
            {" to "}
            <Link href={`/customers/${encodeURIComponent(doubt.customer_id)}`}>
              {doubt.customer_id}
            </Link>
          </>
        )}
      </p>
      <p className="soft small">
        In doubt since <Time at={doubt.since} />; makes sense until{" "}
        <Time at={doubt.expires_at} as="clock" />. {count(doubt.attempts.length)}{" "}
        {doubt.attempts.length === 1 ? "attempt" : "attempts"}.
      </p>
    </div>
    <button
      type="button"
      className="button"
      disabled={!mayAct}
      title={mayAct ? undefined : "A lead decides this"}
      onClick={onAgain}
    >
      Send again …
    </button>
  </li>
);

/** Messages of which nobody knows whether they were sent: a lead decides about each. */
export const Doubts = () => {
  const { data, fault, loading, again } = useAnswer<DoubtsAnswer>("/notifications/unknown", {
    everyMs: freshMs,
  });
  const { role } = useSession();
  const [chosen, choose] = useUrlValue("again");
  const mayAct = role === "lead" || role === "admin";
  const doubts = data?.notifications ?? [];
  const open = doubts.find(({ notification_id }) => notification_id === chosen);
  return (
    <Panel
      title="Perhaps sent, perhaps not"
      aside={data && `${count(doubts.length)} wait for a lead`}
    >
      {loading && <Skeleton rows={3} />}
      {fault && <Fault fault={fault} again={again} />}
      {data && doubts.length === 0 && (
        <Empty says={noDoubt} command="./bellwether notify unknown" />
      )}
      <ul>
        {doubts.map((doubt) => (
          <One
            key={doubt.notification_id}
            doubt={doubt}
            mayAct={mayAct}
            onAgain={() => choose(doubt.notification_id)}
          />
        ))}
      </ul>
      {open && mayAct && (
        <AgainDialog
          doubt={open}
          onClose={() => {
            choose("");
            again();
          }}
        />
      )}
    </Panel>
  );
};
