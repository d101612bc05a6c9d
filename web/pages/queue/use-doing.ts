import { useCallback, useState } from "react";
import type { QueueFilters } from "../../../src/serve/messages/queue.ts";
import type { Refusal } from "../../api/ask.ts";
import { tell } from "../../parts/toast.tsx";
import { useMay, useSession } from "../../session/use-session.ts";
import { type Act, useActs } from "./use-acts.ts";
import type { ChosenRows } from "./use-chosen.ts";
import type { Queue } from "./use-queue.ts";

type Dialog = "decide" | "take" | "give" | "give back" | "reopen" | null;

export const givingBack: Act = { path: "assign", body: { to: null } };
export const reopening: Act = { path: "reopen", body: {} };

export type Doing = ReturnType<typeof useDoing>;

/** What the person may do with the rows that are chosen, or else with the one at the cursor. */
export const useDoing = (
  queue: Queue,
  filters: QueueFilters,
  { chosen, current }: { chosen: ChosenRows; current: string | undefined },
) => {
  const { act, undo } = useActs(queue, filters);
  const { name: me = "" } = useSession();
  const may = useMay("POST /queue/decide");
  const [dialog, setDialog] = useState<Dialog>(null);
  const targets = chosen.ids.length > 0 ? chosen.ids : current ? [current] : [];
  const { clear } = chosen;
  const doing = useCallback(
    async (what: Act, customers: readonly string[]) => {
      await act(what, customers);
      clear();
    },
    [act, clear],
  );
  const direct = (what: Act) =>
    void doing(what, targets).catch((thrown: Refusal) =>
      tell(`${thrown.message} ${thrown.cure ?? ""}`),
    );
  /** One at once, several after what it changes has been said. */
  const careful = (what: Act, asking: Dialog) => () => {
    if (targets.length > 1) setDialog(asking);
    else direct(what);
  };
  const whenMay = (run: () => void) => () => {
    if (!may) tell("Your role may look here, not decide.");
    else if (targets.length === 0) tell("Move to a customer with j and k first.");
    else run();
  };
  return {
    me,
    may,
    targets,
    dialog,
    close: () => setDialog(null),
    act: doing,
    decide: whenMay(() => setDialog("decide")),
    take: whenMay(careful({ path: "assign", body: { to: me } }, "take")),
    give: whenMay(() => setDialog("give")),
    giveBack: whenMay(careful(givingBack, "give back")),
    reopen: whenMay(careful(reopening, "reopen")),
    undo,
  };
};
