import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type {
  CausesAnswer,
  LetterAnswer,
  LettersAnswer,
} from "../../../src/serve/messages/dead-letters.ts";
import { ask, type Refusal, withQuery } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useEvery } from "../../parts/pause.ts";

const freshMs = 5_000;

const starts = { state: "open", span: "day", cause: "", at: "", from: "" };
type Wish = typeof starts;
type Name = keyof Wish;
const names = Object.keys(starts) as Name[];

/** What is looked at, all of it in the URL; what was chosen within falls with what lies around. */
const useChosen = () => {
  const [params, setParams] = useSearchParams();
  const wish = Object.fromEntries(
    names.map((name) => [name, params.get(name) ?? starts[name]]),
  ) as Wish;
  const choose = (name: Exclude<Name, "from">, value: string) =>
    setParams(
      (earlier) => {
        const next = new URLSearchParams(earlier);
        const within = name === "span" ? [] : names.slice(Math.max(2, names.indexOf(name)));
        for (const one of within) next.delete(one);
        if (value === "" || value === starts[name]) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return { wish, choose };
};

/** Who may do something about them. */
export const actors: ReadonlySet<string> = new Set(["lead", "engineer", "admin"]);
/** Whom the API shows the bytes. */
export const seers: ReadonlySet<string> = new Set(["lead", "engineer", "auditor", "admin"]);

/** Causes, the records of one, and one record, as the URL chooses them. */
export const useLetters = (role: string | undefined) => {
  const { wish, choose } = useChosen();
  const { state, span, from } = wish;
  const causes = useAnswer<CausesAnswer>(withQuery("/dead-letters", { state, span }), {
    everyMs: freshMs,
  });
  const list = causes.data?.causes ?? [];
  const cause = list.find((one) => one.cause === wish.cause) ?? list[0];
  const path = cause && `/dead-letters/${encodeURIComponent(cause.cause)}/records`;
  const pages = useInfiniteQuery<LettersAnswer, Refusal>({
    queryKey: [path, state],
    queryFn: ({ pageParam, signal }) =>
      ask(withQuery(path ?? "", { state, after: pageParam as string }), { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    enabled: path !== undefined,
    refetchInterval: useEvery(freshMs),
    placeholderData: undefined,
  });
  const records = pages.data?.pages.flatMap((page) => page.records) ?? [];
  const at = wish.at || records[0]?.at || "";
  const processor = records.find((one) => one.at === at)?.processor ?? cause?.processor;
  const letter = useAnswer<LetterAnswer>(
    at === "" || !seers.has(role ?? "")
      ? null
      : withQuery("/dead-letters/record", { at, processor, hex_from: from }),
  );
  const again = () => {
    causes.again();
    void pages.refetch();
    letter.again();
  };
  return { wish, choose, causes, cause, pages, records, at, letter, again };
};
