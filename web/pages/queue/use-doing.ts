import { useCallback, useState } from "react";
import type { QueueFilters } from "../../../src/serve/messages/queue.ts";
import type { Refusal } from "../../api/ask.ts";
import { tell } from "../../parts/toast.tsx";
import { useMay, useSession } from "../../session/use-session.ts";
import { type Act, useActs } from "./use-acts.ts";
import type { ChosenRows } from "./use-chosen.ts";
import type { Queue } from "./use-queue.ts";

type Dialog = "decide" | "take" | "give" | null;

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
    take: whenMay(() => {
      if (targets.length > 1) setDialog("take");
      else direct({ path: "assign", body: { to: me } });
    }),
    give: whenMay(() => setDialog("give")),
    giveBack: whenMay(() => direct({ path: "assign", body: { to: null } })),
    reopen: whenMay(() => direct({ path: "reopen", body: {} })),
    undo,
  };
};
