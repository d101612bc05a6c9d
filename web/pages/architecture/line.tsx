import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import type { LiveFlow } from "../../../src/serve/messages/architecture.ts";
import { classesOf, widthOf } from "./drawn.ts";
import type { GraphEdge } from "./graph.ts";

export type FlowEdge = Edge<
  {
    of: GraphEdge;
    path: string;
    live: LiveFlow | undefined;
    dimmed: boolean;
  },
  "flow"
>;

/** A flow: as wide as its rate, in the colour of its lag; dashed where nobody knows. */
const Flow = ({ data }: EdgeProps<FlowEdge>) => {
  if (data === undefined) return null;
  const { of, path, live, dimmed } = data;
  const classes = classesOf(of, live);
  return (
    <BaseEdge
      path={path}
      className={[...classes, ...(dimmed ? ["dimmed"] : [])].join(" ")}
      style={{ strokeWidth: widthOf(live?.rate_per_s) }}
      interactionWidth={0}
    />
  );
};

export const edgeTypes = { flow: memo(Flow) };
