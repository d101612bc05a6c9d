import { useInfiniteQuery } from "@tanstack/react-query";
import type {
  CausesAnswer,
  LetterAnswer,
  LettersAnswer,
} from "../../../src/serve/messages/dead-letters.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useUrlValue } from "../../parts/url.ts";

const freshMs = 5_000;

/** Causes, the records of one, and one record, as the URL chooses them. */
export const useLetters = () => {
  const [state, setState] = useUrlValue("state", "open");
  const [span, setSpan] = useUrlValue("span", "day");
  const [chosenCause, setCause] = useUrlValue("cause");
  const [chosenAt, setAt] = useUrlValue("at");
  const [from, setFrom] = useUrlValue("from");
  const causes = useAnswer<CausesAnswer>(withQuery("/dead-letters", { state, span }), {
    everyMs: freshMs,
  });
  const list = causes.data?.causes ?? [];
  const cause = list.find((one) => one.cause === chosenCause) ?? list[0];
  const path = cause && `/dead-letters/${encodeURIComponent(cause.cause)}/records`;
  const pages = useInfiniteQuery<LettersAnswer, Refusal>({
    queryKey: [path, state],
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery(path ?? "", { state, after: pageParam as string }), { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    enabled: path !== undefined,
    refetchInterval: freshMs,
    placeholderData: undefined,
  });
  const records = pages.data?.pages.flatMap((page) => page.records) ?? [];
  const at = chosenAt || records[0]?.at || "";
  const processor = records.find((one) => one.at === at)?.processor ?? cause?.processor;
  const letter = useAnswer<LetterAnswer>(
    at === "" ? null : withQuery("/dead-letters/record", { at, processor, hex_from: from }),
  );
  const chooseAt = (next: string) => {
    setAt(next);
    setFrom("");
  };
  const chooseCause = (next: string) => {
    setCause(next);
    chooseAt("");
  };
  const again = () => {
    causes.again();
    void pages.refetch();
    letter.again();
  };
  return {
    state,
    setState,
    span,
    setSpan,
    causes,
    cause,
    chooseCause,
    pages,
    records,
    at,
    chooseAt,
    letter,
    again,
  };
};
