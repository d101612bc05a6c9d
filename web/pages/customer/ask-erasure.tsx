import { useState } from "react";
import type { ApprovalAnswer } from "../../../src/serve/messages/approvals.ts";
import { ask } from "../../api/ask.ts";
import { SecondPerson } from "../../parts/approvals.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { tell } from "../../parts/toast.tsx";
import { useMay } from "../../session/use-session.ts";

const reasonLeast = 3;

/** Asks that the customer be erased for good, which a second person must agree to. */
export const AskErasure = ({ customer }: { customer: string }) => {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const may = useMay("POST /customers/:id/erase");
  if (!may) return null;
  const run = async () => {
    const path = `/customers/${encodeURIComponent(customer)}/erase`;
    await ask<ApprovalAnswer>(path, { method: "POST", body: { reason: reason.trim() } });
    setReason("");
    tell("It waits under Approvals for another person.");
  };
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        Erase…
      </button>
      <Confirm
        title="Erase this customer"
        says="Scores, tables, copies and the archive forget them for good. It cannot be undone."
        act="Ask a second person"
        open={open}
        onClose={() => setOpen(false)}
        ready={reason.trim().length >= reasonLeast}
        run={run}
      >
        <label className="field">
          <span>Why; it is kept with both names</span>
          <textarea
            rows={3}
            maxLength={300}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <SecondPerson roles="lead or auditor" />
      </Confirm>
    </>
  );
};
