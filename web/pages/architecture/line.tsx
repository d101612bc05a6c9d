import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import type { LiveFlow } from "../../../src/serve/messages/architecture.ts";
import type { GraphEdge } from "./graph.ts";
import { lagLevel } from "./words.ts";

export type FlowEdge = Edge<
  {
    of: GraphEdge;
    path: string;
    live: LiveFlow | undefined;
    dimmed: boolean;
    cut: boolean;
  },
  "flow"
>;

/** 1.2 px for one record in a while, 6 px for 100,000 in a second. */
const widthOf = (perS: number | null | undefined): number =>
  perS == null || perS === 0 ? 1.2 : 1.2 + Math.min(4.8, Math.log10(1 + perS * 10) * 0.8);

/** A flow: as wide as its rate, in the colour of its lag; dashed where nobody knows. */
const Flow = ({ data }: EdgeProps<FlowEdge>) => {
  if (data === undefined) return null;
  const { of, path, live, dimmed, cut } = data;
  const rate = live?.rate_per_s;
  const isRead = of.to.startsWith("topic:") === false && of.kind === "stream";
  const level = isRead ? lagLevel(live?.lag_seconds) : rate == null ? "unknown" : "none";
  const name = [
    "arch-flow",
    `lag-${level}`,
    rate == null && "unmeasured",
    of.kind === "same" && "same",
    rate === 0 && "still",
    (live?.state === "not_seen" || live?.state === "undeclared") && "drifted",
    cut && "cut",
    dimmed && "dimmed",
  ];
  return (
    <BaseEdge
      path={path}
      className={name.filter(Boolean).join(" ")}
      style={{ strokeWidth: widthOf(rate) }}
      interactionWidth={0}
    />
  );
};

export const edgeTypes = { flow: memo(Flow) };
