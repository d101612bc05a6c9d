import "@xyflow/react/dist/base.css";
import { ReactFlow, ReactFlowProvider, useReactFlow, ViewportPortal } from "@xyflow/react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { count } from "../../parts/figures.tsx";
import { blastOf, type Graph, type GraphEdge } from "./graph.ts";
import type { Layout } from "./layout.ts";
import { edgeTypes, type FlowEdge } from "./line.tsx";
import { lineOf } from "./lines.ts";
import { type Direct, neighbourOf } from "./neighbours.ts";
import { type LaneNode, type Mark, nodeTypes, type PartNode } from "./node.tsx";
import { type Live, rateWords } from "./words.ts";

type DiagramProps = {
  label: string;
  graph: Graph;
  layout: Layout;
  live: Live;
  selected: string;
  onOpen: (id: string) => void;
  marks?: ReadonlyMap<string, Mark>;
  /** Only these are bright; without it, what the focused one touches. */
  bright?: ReadonlySet<string>;
  /** Drawn over the picture, in its coordinates. */
  children?: ReactNode;
};

const zoomHeight = 60;
const directs: Record<string, Direct> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** Everything before and behind a component, and itself. */
const touchedBy = (graph: Graph, id: string | null): ReadonlySet<string> | undefined => {
  if (id === null || !graph.nodes.has(id)) return undefined;
  const { upstream, downstream } = blastOf(graph, id);
  return new Set([id, ...upstream, ...downstream]);
};

/** The picture: lanes, components, flows. Arrow keys go to neighbours, Enter opens. */
const Picture = (props: DiagramProps) => {
  const { label, graph, layout, live, selected, onOpen, marks, bright, children } = props;
  const [focused, setFocused] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const frame = useRef<HTMLElement>(null);
  const { fitView } = useReactFlow();
  const looked = hovered ?? (selected === "" ? null : selected);
  const touched = useMemo(() => bright ?? touchedBy(graph, looked), [graph, looked, bright]);
  const first = graph.nodes.keys().next().value ?? "";
  const stop =
    focused && graph.nodes.has(focused) ? focused : graph.nodes.has(selected) ? selected : first;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another layout is shown whole
  useEffect(() => void fitView({ padding: 0.01 }), [layout, fitView]);
  const nodes = useMemo(
    () =>
      nodesOf({
        graph,
        layout,
        live,
        touched,
        looked,
        marks,
        selected,
        stop,
        setFocused,
        setHovered,
        onOpen,
      }),
    [graph, layout, live, touched, looked, marks, selected, stop, onOpen],
  );
  const edges = useMemo(
    () => edgesOf({ graph, layout, live, touched, looked }),
    [graph, layout, live, touched, looked],
  );
  const shape = `${layout.width} / ${layout.height + zoomHeight}`;
  const onKeyDown = (event: KeyboardEvent) => {
    const direct = directs[event.key];
    if (event.key === "Escape" && selected !== "") onOpen("");
    if (direct === undefined) return;
    event.preventDefault();
    const next = neighbourOf(graph, layout, stop, direct);
    const button = next && frame.current?.querySelector(`[data-part="${CSS.escape(next)}"]`);
    if (button instanceof HTMLElement) button.focus();
  };
  return (
    <section
      className="arch-picture"
      aria-label={label}
      ref={frame}
      onKeyDown={onKeyDown}
      style={{ "--shape": shape } as CSSProperties}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        minZoom={0.2}
        maxZoom={2}
        fitView
        fitViewOptions={{ padding: 0.01 }}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        preventScrolling={false}
        zoomOnScroll={false}
        zoomActivationKeyCode="Control"
        proOptions={{ hideAttribution: true }}
      >
        {children !== undefined && <ViewportPortal>{children}</ViewportPortal>}
      </ReactFlow>
      <Zoom />
    </section>
  );
};

const Zoom = () => {
  const { fitView, zoomIn, zoomOut } = useReactFlow();
  return (
    <div className="arch-zoom">
      <span className="soft small">
        Arrow keys go along the flows, Enter chooses, Ctrl and the wheel zoom
      </span>
      <button type="button" className="button" onClick={() => void zoomOut()}>
        Smaller
      </button>
      <button type="button" className="button" onClick={() => void zoomIn()}>
        Larger
      </button>
      <button type="button" className="button" onClick={() => void fitView({ padding: 0.01 })}>
        All
      </button>
    </div>
  );
};

export const Diagram = (props: DiagramProps) => (
  <ReactFlowProvider>
    <Picture {...props} />
  </ReactFlowProvider>
);

/** Between the one that is looked at and a neighbour: the rate, and the lag where there is one. */
const noteOf = (live: Live, looked: string | null, id: string): string | undefined => {
  const told = looked === null ? undefined : (live.flow(looked, id) ?? live.flow(id, looked));
  if (told === undefined) return undefined;
  const lag = told.lag_records ? ` · lag ${count(told.lag_records)}` : "";
  return `${rateWords(told.rate_per_s)}${lag}`;
};

type NodesInput = Pick<
  DiagramProps,
  "graph" | "layout" | "live" | "marks" | "selected" | "onOpen"
> & {
  touched: ReadonlySet<string> | undefined;
  looked: string | null;
  stop: string;
  setFocused: (id: string) => void;
  setHovered: (id: string | null) => void;
};

const nodesOf = (input: NodesInput): (PartNode | LaneNode)[] => {
  const { graph, layout, live, touched, looked, marks, selected, stop } = input;
  const lanes = layout.lanes.map(
    (lane): LaneNode => ({
      id: `lane ${lane.part} ${lane.id}`,
      type: "lane",
      position: { x: lane.x, y: lane.y },
      width: lane.width,
      height: lane.height,
      data: lane,
      zIndex: -2,
      selectable: false,
    }),
  );
  const parts = [...graph.nodes.values()].flatMap((of): PartNode[] => {
    const box = layout.boxes.get(of.id);
    if (box === undefined) return [];
    const { x, y, width, height } = box;
    const data: PartNode["data"] = {
      of,
      rate: of.badge === "topic" ? live.rateOf(of.name) : undefined,
      note: noteOf(live, looked, of.id),
      look: touched === undefined ? "" : touched.has(of.id) ? "lit" : "dimmed",
      chosen: of.id === selected,
      mark: marks?.get(of.id),
      isStop: of.id === stop,
      onFocus: input.setFocused,
      onHover: input.setHovered,
      onOpen: input.onOpen,
    };
    return [{ id: of.id, type: "part", position: { x, y }, width, height, data }];
  });
  return [...lanes, ...parts];
};

type EdgesInput = Pick<DiagramProps, "graph" | "layout" | "live"> & {
  touched: ReadonlySet<string> | undefined;
  looked: string | null;
};

/** What is seen between two parts and not declared is drawn too. */
const undeclared = ({ nodes }: Graph, live: Live): GraphEdge[] =>
  live.all
    .filter(({ state, from, to }) => state === "undeclared" && nodes.has(from) && nodes.has(to))
    .map(({ from, to, why }) => ({
      id: `${from}?${to}`,
      from,
      to,
      part: "own",
      kind: "stream",
      protocol: "Kafka",
      topics: [],
      says: why,
    }));

const edgesOf = ({ graph, layout, live, touched, looked }: EdgesInput): FlowEdge[] =>
  [...graph.edges, ...undeclared(graph, live)].flatMap((of): FlowEdge[] => {
    const isEnd = looked === of.from || looked === of.to;
    if (of.kind === "holds" || (of.quiet && !isEnd)) return [];
    const path = lineOf(layout, of);
    if (path === undefined) return [];
    const dimmed = touched !== undefined && !(touched.has(of.from) && touched.has(of.to));
    const told = live.flow(of.from, of.to);
    const data = { of, path, live: told, dimmed };
    return [
      { id: of.id, source: of.from, target: of.to, type: "flow", data, zIndex: isEnd ? 1 : 0 },
    ];
  });
