import { useState } from "react";
import type { Call, CallsAnswer, TakenCall } from "../../../src/serve/messages/calls.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { tell } from "../../parts/toast.tsx";

const freshMs = 5_000;

/** The open calls, and what one does with them. */
export const useCalls = (name: string | undefined) => {
  const answer = useAnswer<CallsAnswer>("/calls", { everyMs: freshMs });
  const [taken, setTaken] = useState<TakenCall | undefined>();
  const [refused, setRefused] = useState<{ call: string; fault: Refusal } | null>(null);
  const [busy, setBusy] = useState(false);
  const calls = answer.data?.calls ?? [];

  const act = async (call: string, work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setRefused(null);
    try {
      await work();
    } catch (thrown) {
      setRefused({ call, fault: thrown as Refusal });
    } finally {
      setBusy(false);
      answer.again();
    }
  };
  const take = (id: string) =>
    act(id, async () => {
      const path = `/calls/${encodeURIComponent(id)}/take`;
      setTaken(await ask<TakenCall>(path, { method: "POST" }));
    });
  const end = (how: "done" | "no-answer") => {
    if (taken === undefined) return;
    const { call_id } = taken;
    void act(call_id, async () => {
      await ask<Call>(`/calls/${encodeURIComponent(call_id)}/${how}`, { method: "POST" });
      setTaken(undefined);
      tell(how === "done" ? "Noted: spoken to." : "Noted: nobody answered.");
    });
  };
  // Once another has it, or it has ended, its number is nobody's business here any more.
  const kept = calls.find(({ call_id }) => call_id === taken?.call_id);
  const lost = answer.data !== undefined && taken !== undefined && kept?.taken_by !== name;
  return { answer, calls, taken: lost && !busy ? undefined : taken, refused, busy, take, end };
};
