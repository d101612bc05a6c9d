import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { UnmaskAnswer } from "../../src/serve/messages/access.ts";
import { ask } from "../api/ask.ts";
import { Confirm } from "../parts/dialog.tsx";
import { useMay } from "./use-session.ts";

/** Personal fields in the plain, by path: `name`, `accounts.*.account_id`; null: not known. */
export type PlainFields = UnmaskAnswer["fields"];

type UnmaskProps = {
  customerId: string;
  /** Given the fields once they may be shown; undefined when they are to be hidden again. */
  onPlain: (fields: PlainFields | undefined) => void;
};

const reasonLeast = 10;
/** Nobody should find on a screen what somebody else looked at and left. */
const shownForMs = 5 * 60_000;

const dialogSays =
  "Name, e-mail, phone, birth date and account numbers are shown for five minutes. " +
  "That you looked, and why, is kept for auditors.";

/** A button that shows a customer's personal fields once a reason was given, which is kept. */
export const Unmask = ({ customerId, onPlain }: UnmaskProps) => {
  const may = useMay("POST /customers/:id/unmask");
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState(false);
  const [reason, setReason] = useState("");
  const says = useId();
  const tell = useRef(onPlain);
  tell.current = onPlain;
  // Of another customer nothing of this one may stay; nor may what comes too late.
  const asked = useRef<string>(undefined);
  useLayoutEffect(() => {
    asked.current = customerId;
    return () => {
      asked.current = undefined;
      setShown(false);
      tell.current(undefined);
    };
  }, [customerId]);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => {
      setShown(false);
      tell.current(undefined);
    }, shownForMs);
    return () => clearTimeout(timer);
  }, [shown]);
  if (!may) return null;
  if (shown)
    return (
      <button
        type="button"
        className="button"
        onClick={() => {
          setShown(false);
          onPlain(undefined);
        }}
      >
        Hide personal data
      </button>
    );
  const run = async () => {
    const path = `/customers/${encodeURIComponent(customerId)}/unmask`;
    const answer = await ask<UnmaskAnswer>(path, {
      method: "POST",
      body: { reason: reason.trim() },
    });
    setReason("");
    if (asked.current !== customerId) return;
    setShown(true);
    onPlain(answer.fields);
  };
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        Show personal data
      </button>
      <Confirm
        title="Show personal data"
        says={dialogSays}
        act="Show"
        open={open}
        onClose={() => setOpen(false)}
        ready={reason.trim().length >= reasonLeast}
        run={run}
      >
        <label className="field">
          <span>Why do you need to see it?</span>
          <textarea
            rows={3}
            value={reason}
            maxLength={500}
            aria-describedby={says}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <p className="soft small" id={says}>
          A sentence of at least {reasonLeast} characters, without personal data in it.
        </p>
      </Confirm>
    </>
  );
};
