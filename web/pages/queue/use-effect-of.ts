import { useEffect, useState } from "react";
import type { Refusal } from "../../api/ask.ts";
import { type Act, tryAct } from "./use-acts.ts";

/** What an act on several would do, in numbers; null until it is known. */
export const useEffectOf = (act: Act | null, customers: readonly string[]): string | null => {
  const [says, setSays] = useState<string | null>(null);
  const asked = act && customers.length > 1 ? JSON.stringify([act, customers]) : null;
  useEffect(() => {
    setSays(null);
    if (asked === null) return;
    let current = true;
    const [what, whom] = JSON.parse(asked) as [Act, string[]];
    tryAct(what, whom).then(
      (answer) => current && setSays(answer.says),
      (thrown: Refusal) => current && setSays(thrown.message),
    );
    return () => {
      current = false;
    };
  }, [asked]);
  return says;
};
