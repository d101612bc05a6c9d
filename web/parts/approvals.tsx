import { useState } from "react";
import type { ApprovalAnswer, ApprovalsAnswer } from "../../src/serve/messages/approvals.ts";
import { ask, type Refusal, withQuery } from "../api/ask.ts";
import { type Answer, useAnswer } from "../api/use-answer.ts";
import { Confirm } from "./dialog.tsx";
import { Panel } from "./panel.tsx";
import { Time } from "./time.tsx";
import { tell } from "./toast.tsx";

const freshMs = 3_000;

/** What was asked for and needs a second person: all of it, or only these acts. */
export const useApprovals = (acts: readonly string[] = []): Answer<ApprovalsAnswer> =>
  useAnswer<ApprovalsAnswer>(withQuery("/approvals", { act: acts.join(",") }), {
    everyMs: freshMs,
  });

/** Capital letter, full stop. */
export const sentence = (text: string): string =>
  `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;

const stateWords: Record<ApprovalAnswer["state"], string> = {
  open: "waits",
  approved: "agreed, not carried out yet",
  refused: "refused",
  withdrawn: "withdrawn",
  expired: "nobody decided in time",
  done: "done",
  failed: "agreed, and failed",
};

/** Who else must agree, before something is asked for. */
export const SecondPerson = ({ roles = "lead or engineer" }: { roles?: string }) => (
  <p className="soft small">
    Nothing happens yet: another person, a {roles}, must agree under a name of their own. It waits
    for them for 24 hours.
  </p>
);

type OneProps = { approval: ApprovalAnswer; onDecided: () => void };

/** One wish in a line, with what this person may do about it. */
export const Approval = ({ approval, onDecided }: OneProps) => {
  const [asking, setAsking] = useState<"approve" | "refuse" | null>(null);
  const { effect, state, yours, may_decide, asked_by, asked_at, decided_by, outcome } = approval;
  const decide = async (how: "approve" | "refuse") => {
    const path = `/approvals/${approval.approval_id}/${how}`;
    const answer = await ask<ApprovalAnswer>(path, { method: "POST" });
    tell(answer.outcome ?? sentence(stateWords[answer.state]));
    onDecided();
  };
  const waits = state === "open" || state === "approved";
  return (
    <li className="approval">
      <div>
        <b>{sentence(effect)}</b>
        <p className="soft small">
          {yours ? "You asked" : `${asked_by} asked`} <Time at={asked_at} />
          {waits && yours && "; another person must agree"}
          {!waits && `; ${stateWords[state]}${decided_by ? ` by ${decided_by}` : ""}`}
          {outcome && ` (${outcome})`}
        </p>
      </div>
      {waits && (
        <span className="acts">
          {may_decide && (
            <button type="button" className="button primary" onClick={() => setAsking("approve")}>
              Agree
            </button>
          )}
          {(may_decide || yours) && state === "open" && (
            <button type="button" className="button" onClick={() => setAsking("refuse")}>
              {yours ? "Withdraw" : "Refuse"}
            </button>
          )}
        </span>
      )}
      <Confirm
        title={asking === "approve" ? "Agree as the second person?" : "Say no to this?"}
        says={`${asked_by} asks to ${effect}.`}
        open={asking !== null}
        onClose={() => setAsking(null)}
        act={asking === "approve" ? "Agree: it is done at once" : yours ? "Withdraw" : "Refuse"}
        run={() => decide(asking ?? "refuse")}
      />
    </li>
  );
};

/** What waits of these acts; nothing is drawn where nothing waits. */
export const OpenApprovals = ({ acts }: { acts: readonly string[] }) => {
  const { data, again } = useApprovals(acts);
  const open = (data?.approvals ?? []).filter(
    ({ state }) => state === "open" || state === "approved",
  );
  if (open.length === 0) return null;
  return (
    <Panel title="Waits for a second person" aside={`${open.length}`}>
      <ul className="approval-list">
        {open.map((one) => (
          <Approval key={one.approval_id} approval={one} onDecided={again} />
        ))}
      </ul>
    </Panel>
  );
};

/** What the API refused, kept until the next try. */
export const useTried = () => {
  const [fault, setFault] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFault(null);
    try {
      await work();
    } catch (thrown) {
      setFault(thrown as Refusal);
    } finally {
      setBusy(false);
    }
  };
  return { fault, busy, run };
};
