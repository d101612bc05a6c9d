import { readdirSync, readFileSync } from "node:fs";

/** The processes that descend from one, itself included, by what /proc says now. */
export const treeOf = (pid: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const tree = [pid];
  for (const each of tree) tree.push(...(children.get(each) ?? []));
  return tree;
};

/**
 * Memory of a process and all that it started, in MB: the sum of PSS, in which a page that several
 * processes share counts once. Linux alone.
 */
export const memoryOf = (pid: number): number => {
  let kilobytes = 0;
  for (const each of treeOf(pid))
    try {
      const rollup = readFileSync(`/proc/${each}/smaps_rollup`, "latin1");
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It ended while we looked.
    }
  return kilobytes / 1_024;
};
