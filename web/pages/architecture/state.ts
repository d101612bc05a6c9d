import { useMemo } from "react";
import { useUrlValue } from "../../parts/url.ts";
import { type View, views } from "./graph.ts";

/** What a link shows again: everything that is chosen on this screen. */
export const tabs = ["diagram", "explorer", "simulator"] as const;
export type Tab = (typeof tabs)[number];

export const speeds = ["0.5", "1", "2", "4"] as const;

const oneOf = <T extends string>(all: readonly T[], value: string): T =>
  all.find((one) => one === value) ?? all[0];

export const useTab = (): [Tab, (tab: Tab) => void] => {
  const [value, set] = useUrlValue("tab", tabs[0]);
  return [oneOf(tabs, value), (tab) => set(tab, { push: true })];
};

export const useView = (): [View, (view: View) => void] => {
  const [value, set] = useUrlValue("part", views[0]);
  return [oneOf(views, value), (view) => set(view)];
};

export const useSelected = () => useUrlValue("selected");

/** Ids, parted by commas. */
export const useList = (name: string): [ReadonlySet<string>, (ids: Iterable<string>) => void] => {
  const [value, set] = useUrlValue(name);
  const list = useMemo(() => new Set(value.split(",").filter(Boolean)), [value]);
  return [list, (ids) => set([...ids].join(","))];
};
