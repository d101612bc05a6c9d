import { useState } from "react";
import type { SettledAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { ask } from "../../api/ask.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { count } from "../../parts/figures.tsx";
import { tell } from "../../parts/toast.tsx";

type AsideProps = {
  what: { at: string; processor: string } | { cause: string };
  title: string;
  act: string;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
};

/** Takes records from the list of those that wait; their bytes stay, and they can be put back. */
export const SetAside = ({ what, title, act, open, onClose, onDone }: AsideProps) => {
  const [reason, setReason] = useState("");
  const run = async () => {
    const body = { ...what, reason: reason.trim() };
    const { settled } = await ask<SettledAnswer>("/dead-letters/set-aside", {
      method: "POST",
      body,
    });
    const undo = async () => {
      await ask("/dead-letters/put-back", { method: "POST", body: what });
      onDone();
    };
    const one = "at" in what;
    tell(
      `Set ${settled === 1 ? "1 record" : `${count(settled)} records`} aside.`,
      one ? { name: "Undo", run: () => void undo() } : undefined,
    );
    setReason("");
    onDone();
  };
  return (
    <Confirm
      title={title}
      says="It no longer waits for anybody; its bytes stay, and it can be put back."
      open={open}
      onClose={onClose}
      act={act}
      ready={reason.trim() !== ""}
      run={run}
    >
      <label className="field">
        <span>Why it need not be used</span>
        <input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Confirm>
  );
};
