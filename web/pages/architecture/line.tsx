import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import type { LiveFlow } from "../../../src/serve/messages/architecture.ts";
import type { GraphEdge } from "./graph.ts";
import { lagLevel, lagWords, rateWords } from "./words.ts";

export type FlowEdge = Edge<
  {
    of: GraphEdge;
    path: string;
    live: LiveFlow | undefined;
    dimmed: boolean;
    /** One end is looked at: the figures are written beside the line. */
    told: boolean;
    cut: boolean;
  },
  "flow"
>;

/** 1.2 px for one record in a while, 6 px for 100,000 in a second. */
const widthOf = (perS: number | null | undefined): number =>
  perS == null || perS === 0 ? 1.2 : 1.2 + Math.min(4.8, Math.log10(1 + perS * 10) * 0.8);

const middleOf = (path: string): { x: number; y: number } => {
  const numbers = path.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [0, 0];
  const half = Math.floor(numbers.length / 4) * 2;
  return { x: numbers[half], y: numbers[half + 1] };
};

/** A flow: as wide as its rate, in the colour of its lag; dashed where nobody knows. */
const Flow = ({ data }: EdgeProps<FlowEdge>) => {
  if (data === undefined) return null;
  const { of, path, live, dimmed, told, cut } = data;
  const rate = live?.rate_per_s;
  const isRead = of.to.startsWith("topic:") === false && of.kind === "stream";
  const level = isRead ? lagLevel(live?.lag_seconds) : rate == null ? "unknown" : "none";
  const name = [
    "arch-flow",
    `lag-${level}`,
    rate == null && "unmeasured",
    of.kind === "same" && "same",
    rate === 0 && "still",
    live?.state === "not_seen" && "drifted",
    cut && "cut",
    dimmed && "dimmed",
  ];
  const middle = middleOf(path);
  const words = live
    ? `${rateWords(rate)}${isRead ? ` · lag ${lagWords(live)}` : ""}`
    : of.protocol;
  return (
    <>
      <BaseEdge
        path={path}
        className={name.filter(Boolean).join(" ")}
        style={{ strokeWidth: widthOf(rate) }}
        interactionWidth={0}
      />
      {told && words !== "" && (
        <EdgeLabelRenderer>
          <span
            className="arch-figure"
            style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
          >
            {words}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
};

export const edgeTypes = { flow: memo(Flow) };
