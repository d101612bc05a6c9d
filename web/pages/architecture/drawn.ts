import type { LiveFlow } from "../../../src/serve/messages/architecture.ts";
import type { GraphEdge } from "./graph.ts";

/** 1.2 px for one record in a while, 6 px for 100,000 in a second. */
export const widthOf = (perS: number | null | undefined): number =>
  perS == null || perS === 0 ? 1.2 : 1.2 + Math.min(4.8, Math.log10(1 + perS * 10) * 0.8);

/** One of five: what colours a line, always with its words beside it. */
export const lagLevel = (seconds: number | null | undefined) => {
  if (seconds === null || seconds === undefined) return "unknown" as const;
  if (seconds < 1) return "none" as const;
  if (seconds < 10) return "short" as const;
  return seconds < 60 ? ("long" as const) : ("grave" as const);
};

/**
 * By which classes a flow is drawn: coloured by the lag of who reads it, still where nothing
 * flows, dashed where nobody knows whether anything does.
 */
export const classesOf = (
  { kind, to }: Pick<GraphEdge, "kind" | "to">,
  live: LiveFlow | undefined,
): string[] => {
  const rate = live?.rate_per_s;
  const isRead = kind === "stream" && !to.startsWith("topic:");
  const level = isRead ? lagLevel(live?.lag_seconds) : rate == null ? "unknown" : "none";
  const isDrift = live?.state === "not_seen" || live?.state === "undeclared";
  return [
    "arch-flow",
    `lag-${level}`,
    ...(rate == null ? ["unmeasured"] : []),
    ...(kind === "same" ? ["same"] : []),
    ...(rate === 0 ? ["still"] : []),
    ...(isDrift ? ["drifted"] : []),
  ];
};

/** How long a step is shown travelling: longer for what takes longer, never tediously so. */
export const travelMs = (takesMs: number, speed: number): number =>
  Math.min(2_400, 500 + 260 * Math.log10(1 + takesMs)) / speed;
