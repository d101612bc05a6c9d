import type { LetterAnswer, RedriveAskedAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { ask } from "../../api/ask.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { tell } from "../../parts/toast.tsx";
import type { Edit } from "./use-edit.ts";

type RedriveProps = {
  letter: LetterAnswer;
  edit: Edit;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
};

/** Puts one record back, for the one group that refused it. */
export const RedriveOne = ({ letter, edit, open, onClose, onDone }: RedriveProps) => {
  const run = async () => {
    const options = { method: "POST" as const, body: edit.body };
    const { redrive } = await ask<RedriveAskedAnswer>("/dead-letters/redrive", options);
    tell(
      redrive?.state === "done"
        ? `Redriven to ${redrive.group}.`
        : (redrive?.why ?? "It was not redriven."),
    );
    onDone();
  };
  const broke = letter.refusal !== null;
  return (
    <Confirm
      title={`Redrive 1 record to ${letter.group}?`}
      says={
        edit.edited
          ? "It goes back to its topic as you edited it, with its own header."
          : "It goes back to its topic as it came, with its own key and header."
      }
      open={open}
      onClose={onClose}
      act={`Redrive 1 record to ${letter.group}`}
      run={run}
    >
      {letter.others.length > 0 && (
        <p className="soft small">
          Other readers leave it out: {letter.others.join(", ")}.
          {broke &&
            " As it came nobody could read it, so they lack it; to give it to all of them, write " +
              "the mended record on its topic by hand."}
        </p>
      )}
      {!edit.edited && broke && (
        <p className="letters-refusal">It still breaks its contract, and would be refused again.</p>
      )}
    </Confirm>
  );
};
