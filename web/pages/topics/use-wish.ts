import { useSearchParams } from "wouter";
import { withQuery } from "../../api/ask.ts";

/** What is looked at of a topic; every bit of it stands in the URL. */
const names = ["partition", "from", "direction", "key", "filter", "at", "open", "live"] as const;
type Name = (typeof names)[number];
export type Wish = Readonly<Partial<Record<Name, string>>>;
export type Choose = (changes: Wish, how?: { push?: boolean }) => void;

/** Where it begins: another one starts a page of its own. */
const narrowing: readonly Name[] = ["partition", "from", "direction", "key", "filter"];

export const useWish = (): [Wish, Choose] => {
  const [params, setParams] = useSearchParams();
  const wish = Object.fromEntries(names.map((name) => [name, params.get(name) ?? undefined]));
  const choose: Choose = (changes, { push = false } = {}) =>
    setParams(
      (earlier) => {
        const next = new URLSearchParams(earlier);
        const given = Object.entries(changes) as [Name, string | undefined][];
        if (given.some(([name]) => narrowing.includes(name))) {
          next.delete("at");
          next.delete("open");
        }
        for (const [name, value] of given)
          if (value) next.set(name, value);
          else next.delete(name);
        return next;
      },
      { replace: !push },
    );
  return [wish, choose];
};

export const messagesPath = (topic: string, wish: Wish): string => {
  const { partition, from, direction, key, filter, at } = wish;
  const path = `/topics/${encodeURIComponent(topic)}/messages`;
  return withQuery(path, { partition, from, direction, key, filter, at, limit: 50 });
};

export const tailPath = (topic: string, { partition, key, filter }: Wish): string =>
  withQuery(`/topics/${encodeURIComponent(topic)}/tail`, { partition, key, filter });
