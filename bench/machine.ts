import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { findJava } from "../src/embedded/jars.ts";
import { tryRun } from "../src/embedded/step.ts";

/**
 * Lists of CPUs as `taskset -c` takes them; undefined: the programs go where the system puts them.
 */
export type Pins = {
  /** Every CPU, for what is measured as a user has it. */
  all?: string;
  /** Where several programs of ours run together, away from the tools where that can be. */
  product?: string;
  broker?: string;
  /** The program that is measured, on one core and on two. */
  one?: string;
  two?: string;
  /** Load and measuring tools while one core, or two, are measured. */
  toolsOfOne?: string;
  toolsOfTwo?: string;
  /** Whether two cores can be measured at all. */
  hasTwo: boolean;
  says: string;
};

const fits = (): boolean => tryRun("taskset", ["--version"]).includes("util-linux");

/** Who runs where: nobody shares a core with what is measured, if there are enough. */
export const pinsFor = (count: number, canPin: boolean): Pins => {
  if (!canPin)
    return { hasTwo: count >= 4, says: "nothing is pinned to a CPU: there is no taskset" };
  const all = `0-${count - 1}`;
  if (count >= 4)
    return {
      all,
      product: "0-2",
      broker: "0,1",
      one: "2",
      two: "2,3",
      toolsOfOne: "3",
      toolsOfTwo: "0,1",
      hasTwo: true,
      says:
        "broker on CPUs 0 and 1, what is measured on CPU 2 (two cores: 2 and 3), " +
        "load and measuring tools on CPU 3 (two cores: 0 and 1)",
    };
  const [broker, one] = count === 3 ? ["0,1", "2"] : count === 2 ? ["0", "1"] : ["0", "0"];
  const tools =
    count === 1 ? "everything shares the only CPU" : "load and tools share the broker's";
  return {
    all,
    product: all,
    broker,
    one,
    toolsOfOne: broker,
    hasTwo: false,
    says:
      `only ${count} CPUs: what is measured on CPU ${one}, the broker on ${broker}; ` +
      `${tools}; two cores are not measured`,
  };
};

export const pinsHere = (): Pins => pinsFor(availableParallelism(), fits());

/** Pins a running process with all its threads; without taskset nothing happens. */
export const pin = (pid: number, list: string | undefined): void => {
  if (list !== undefined) tryRun("taskset", ["-apc", list, String(pid)]);
};

/** Where what is started by `work` runs: a child inherits that from this process. */
export const startedOn = async <T>(
  list: string | undefined,
  { toolsOfOne }: Pins,
  work: () => Promise<T>,
): Promise<T> => {
  pin(process.pid, list);
  try {
    return await work();
  } finally {
    pin(process.pid, toolsOfOne);
  }
};

const isVirtual = (): boolean => {
  try {
    return /^flags.*\bhypervisor\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
};

/** The machine in words, as the head of the results says it. */
export const machine = (python: string | undefined): string => {
  const java = /version "([^"]+)"/.exec(tryRun(findJava() ?? "java", ["-version"]))?.[1];
  const model = cpus()[0]
    ?.model.replace(/\((R|TM)\)|Processor/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return [
    `${availableParallelism()} CPUs (${model}${isVirtual() ? ", virtual machine" : ""})`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `${type()} ${release()}`,
    `Node ${process.versions.node}`,
    java ? `Java ${java}` : "no Java",
    ...(python ? [python] : []),
    `load at the start ${loadavg()[0].toFixed(1)}`,
  ].join(", ");
};
