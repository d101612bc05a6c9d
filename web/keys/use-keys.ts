import { useEffect, useRef } from "react";

/** One key, or two in a row such as `g q`, and what it does. */
export type Key = {
  keys: string;
  does: string;
  run: () => void;
  /** Whether the role may; where it may not, the key says so and is not listed. */
  may?: boolean;
};

type Set = { where: string; keys: readonly Key[] };
const sets = new Map<symbol, { current: Set }>();
const pairMaxMs = 900;
let first = "";
let firstAt = 0;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const nameOf = (event: KeyboardEvent): string => (event.key === " " ? "space" : event.key);

/** The set that was registered last comes first: a page before the frame. */
const find = (keys: string): Key | undefined =>
  [...sets.values()]
    .reverse()
    .flatMap(({ current }) => current.keys)
    .find((one) => one.keys === keys);

const onKey = (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("[role=dialog]")) return;
  const name = nameOf(event);
  // A button or link that has the focus keeps its own keys.
  const onControl =
    event.target instanceof HTMLElement && event.target.closest("button,a,[role=tab]");
  if (onControl && (name === "Enter" || name === "space")) return;
  const pair = event.timeStamp - firstAt < pairMaxMs ? `${first} ${name}` : undefined;
  const found = (pair && find(pair)) || find(name);
  first = name;
  firstAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  first = "";
  found.run();
};

/** Binds keys while the component is shown. They rest while somebody types or a dialog is open. */
export const useKeys = (where: string, keys: readonly Key[]): void => {
  const set = useRef<Set>({ where, keys });
  set.current = { where, keys };
  useEffect(() => {
    const id = Symbol(where);
    if (sets.size === 0) window.addEventListener("keydown", onKey);
    sets.set(id, set);
    return () => {
      sets.delete(id);
      if (sets.size === 0) window.removeEventListener("keydown", onKey);
    };
  }, [where]);
};

/** Every key that is bound now and that the role may use, by where it works; the page's first. */
export const boundKeys = (): Set[] =>
  [...sets.values()]
    .map(({ current: { where, keys } }) => ({ where, keys: keys.filter(({ may = true }) => may) }))
    .reverse();

/** Does what these keys do now. */
export const press = (keys: string): void => find(keys)?.run();
