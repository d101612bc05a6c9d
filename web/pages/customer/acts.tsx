import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Refusal } from "../../api/ask.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { tell } from "../../parts/toast.tsx";
import { useMay, useSession } from "../../session/use-session.ts";
import { Decide } from "../queue/decide.tsx";
import "../queue/queue.css";
import { useActs } from "../queue/use-acts.ts";
import { AskErasure } from "./ask-erasure.tsx";
import { AskReview } from "./ask-review.tsx";

/** Nothing of the queue is shown here that would have to follow. */
const noQueue = { patch: () => undefined };
const everything = { decided: "all" } as const;

type ActsProps = {
  customer: string;
  /** The score that is shown; null: there is none. */
  prediction: string | null;
};

/** What may be done about a customer: take the case, decide, ask for a review or erasure. */
export const Acts = ({ customer, prediction }: ActsProps) => {
  const client = useQueryClient();
  const { name: me = "" } = useSession();
  const may = useMay("POST /queue/decide");
  const { act, undo } = useActs(noQueue, everything);
  const [open, setOpen] = useState(false);
  // The question stands in the tables already; what goes by Kafka is told as new lines.
  const asked = () => void client.resetQueries({ queryKey: ["timeline"] });
  const take = () =>
    void act({ path: "assign", body: { to: me } }, [customer]).catch((thrown: Refusal) =>
      tell(`${thrown.message} ${thrown.cure ?? ""}`),
    );
  const whenMay = (run: () => void) => () =>
    may ? run() : tell("Your role may look here, not decide.");
  useKeys("What may be done", [
    { keys: "d", does: "Decide about the customer", run: whenMay(() => setOpen(true)), may },
    { keys: "a", does: "Take care of it", run: whenMay(take), may },
    { keys: "u", does: "Undo what was just done", run: undo, may },
  ]);
  return (
    <>
      <AskErasure customer={customer} />
      {prediction && <AskReview prediction={prediction} onDone={asked} />}
      {may && (
        <>
          <button type="button" className="button" onClick={take}>
            Take
          </button>
          <button type="button" className="button primary" onClick={() => setOpen(true)}>
            Decide…
          </button>
        </>
      )}
      <Decide customers={[customer]} open={open} onClose={() => setOpen(false)} act={act} />
    </>
  );
};
