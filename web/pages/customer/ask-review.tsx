import { useState } from "react";
import type { ReviewAnswer } from "../../../src/serve/messages/reviews.ts";
import { ask } from "../../api/ask.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { tell } from "../../parts/toast.tsx";
import { useMay } from "../../session/use-session.ts";

/** Asks that a person look at the score that is shown; the reason stands under one's name. */
export const AskReview = ({ prediction, onDone }: { prediction: string; onDone: () => void }) => {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [key, setKey] = useState("");
  const may = useMay("POST /decisions/:id/review");
  if (!may) return null;
  const run = async () => {
    const path = `/decisions/${encodeURIComponent(prediction)}/review`;
    await ask<ReviewAnswer>(path, {
      method: "POST",
      body: { reason: reason.trim() },
      idempotencyKey: key,
    });
    setReason("");
    tell("It waits under Approvals for another person, and stands in the timeline.");
    onDone();
  };
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          setKey(crypto.randomUUID());
          setOpen(true);
        }}
      >
        Ask for a review…
      </button>
      <Confirm
        title="Ask for a review"
        says="A person looks at the score that is shown, with all that it rests on."
        act="Ask"
        open={open}
        onClose={() => setOpen(false)}
        ready={reason.trim() !== ""}
        run={run}
      >
        <label className="field">
          <span>What seems wrong</span>
          <textarea
            rows={4}
            maxLength={2_000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      </Confirm>
    </>
  );
};
