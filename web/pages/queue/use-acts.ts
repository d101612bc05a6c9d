import { useCallback, useRef } from "react";
import type { CaseReason, DecisionKind } from "../../../src/events/case.ts";
import type { ActAnswer, QueueFilters } from "../../../src/serve/messages/queue.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { tell } from "../../parts/toast.tsx";
import type { Patch, Queue } from "./use-queue.ts";

export type Act =
  | {
      path: "decide";
      body: {
        decision: DecisionKind;
        reason_codes: CaseReason[];
        note?: string;
        rest_days: number;
      };
    }
  | { path: "assign"; body: { to: string | null } }
  | { path: "reopen"; body: Record<string, never> };

const undoMs = 10_000;

/** Asks what an act would do, in numbers. */
export const tryAct = ({ path, body }: Act, customer_ids: readonly string[]): Promise<ActAnswer> =>
  ask(`/queue/${path}`, { method: "POST", body: { customer_ids, ...body, dry_run: true } });

const stays = (act: Act, filters: QueueFilters): boolean => {
  if (act.path === "assign") return true;
  const decided = filters.decided ?? "waiting";
  return decided === "all" || decided === (act.path === "decide" ? "decided" : "waiting");
};

const refusalsIn = ({ results }: ActAnswer): string => {
  const refused = results.find(({ status }) => status !== 200);
  return refused ? ` ${refused.error}` : "";
};

const told: Record<Act["path"], string> = {
  decide: "Decided",
  assign: "Assigned",
  reopen: "Reopened",
};

const sayOf = (act: Act, done: number): string => {
  const what = act.path === "assign" && act.body.to === null ? "Given back" : told[act.path];
  return `${what}: ${done === 1 ? "1 customer" : `${done} customers`}.`;
};

/**
 * What a person does to rows of the queue. It shows at once, and for ten seconds it can be undone,
 * by the toast or by `undo`.
 */
export const useActs = (queue: Pick<Queue, "patch">, filters: QueueFilters) => {
  const last = useRef<{ undo: () => void; until: number } | null>(null);
  const { patch } = queue;
  const act = useCallback(
    async (what: Act, customer_ids: readonly string[]): Promise<void> => {
      const answer = await ask<ActAnswer>(`/queue/${what.path}`, {
        method: "POST",
        body: { customer_ids, ...what.body },
        idempotencyKey: crypto.randomUUID(),
      });
      const done = answer.results.filter(({ status }) => status === 200);
      const ids = done.map(({ customer_id }) => customer_id as string);
      const change: Patch =
        what.path === "assign"
          ? { assignee: what.body.to }
          : stays(what, filters)
            ? {}
            : { gone: true };
      patch(new Map(ids.map((id) => [id, change])));
      if (done.length === 0) {
        tell(`Nothing was done.${refusalsIn(answer)}`, undefined, undoMs);
        return;
      }
      const undo = async () => {
        last.current = null;
        drop();
        try {
          const case_decision_ids = done.map(({ case_decision_id }) => case_decision_id);
          await ask("/queue/undo", { method: "POST", body: { case_decision_ids } });
          // As they stand now, which may be newer than the page.
          patch(new Map(ids.map((id) => [id, {}])));
          tell("Undone.");
        } catch (thrown) {
          tell((thrown as Refusal).message);
        }
      };
      const run = () => void undo();
      const drop = tell(sayOf(what, done.length) + refusalsIn(answer), { name: "Undo", run });
      last.current = { undo: run, until: performance.now() + undoMs };
    },
    [patch, filters],
  );
  const undo = useCallback(() => {
    if (last.current && performance.now() < last.current.until) last.current.undo();
    else tell("Nothing was done in the last ten seconds.");
  }, []);
  return { act, undo };
};
