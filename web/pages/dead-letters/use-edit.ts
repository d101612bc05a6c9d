import { useEffect, useState } from "react";
import type {
  CheckAnswer,
  DryRunAnswer,
  LetterAnswer,
} from "../../../src/serve/messages/dead-letters.ts";
import { ask } from "../../api/ask.ts";
import { useTried } from "../../parts/approvals.tsx";
import { laidOut } from "./words.ts";

const restMs = 300;

/** The text that somebody edits, judged while they type, and what a dry run makes of it. */
export const useEdit = (letter: LetterAnswer) => {
  const original = laidOut(letter.text ?? "");
  const [draft, setDraft] = useState(original);
  const [check, setCheck] = useState<CheckAnswer | null>(null);
  const [tried, setTried] = useState<DryRunAnswer | null>(null);
  const { fault, busy, run } = useTried();
  const edited = draft !== original;
  const body = {
    at: letter.at,
    processor: letter.processor,
    ...(edited ? { text: draft } : {}),
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another text is judged anew
  useEffect(() => {
    setTried(null);
    if (!edited) {
      setCheck(null);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const options = { method: "POST" as const, body, signal: stop.signal };
      ask<CheckAnswer>("/dead-letters/check", options).then(setCheck, (thrown: Error) => {
        if (!stop.signal.aborted)
          setCheck({
            keeps: false,
            refusal: { reason: "malformed_json", detail: thrown.message },
            fields: [],
            key: null,
          });
      });
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [draft]);
  const dryRun = () =>
    run(async () =>
      setTried(await ask<DryRunAnswer>("/dead-letters/dry-run", { method: "POST", body })),
    );
  return { draft, setDraft, edited, check, tried, fault, busy, dryRun, body, original };
};

export type Edit = ReturnType<typeof useEdit>;
