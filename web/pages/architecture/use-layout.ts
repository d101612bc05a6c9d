import ELK from "elkjs/lib/elk-api.js";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { useEffect, useState } from "react";
import type { Graph } from "./graph.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** One worker for the page, started with it: the layout never holds up what people do. */
const elk = new ELK({ workerUrl });
const known = new Map<string, Promise<Layout>>();

/** The same components and flows have the same layout, however often they are asked for. */
const layoutKept = (graph: Graph): Promise<Layout> => {
  const key = [...graph.nodes.keys(), ...graph.edges.map(({ id }) => id)].join(" ");
  let layout = known.get(key);
  if (layout === undefined) {
    layout = layoutOf(elk, graph);
    layout.catch(() => known.delete(key));
    known.set(key, layout);
  }
  return layout;
};

export type Laid = { graph: Graph; layout: Layout };

/** The graph with where everything stands; the one before stays until the next is laid out. */
export const useLayout = (graph: Graph | undefined): Laid | undefined => {
  const [laid, setLaid] = useState<Laid>();
  useEffect(() => {
    if (graph === undefined) return;
    let isWanted = true;
    void layoutKept(graph).then((layout) => {
      if (isWanted) setLaid({ graph, layout });
    });
    return () => {
      isWanted = false;
    };
  }, [graph]);
  return laid;
};
