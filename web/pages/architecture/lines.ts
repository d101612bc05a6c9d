import type { GraphEdge } from "./graph.ts";
import type { Box, Layout, Point } from "./layout.ts";

const corner = 6;

const towards = (from: Point, to: Point, by: number): Point => {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(by, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
};
const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** A line through its corners, each a little rounded. */
const throughCorners = (corners: readonly Point[]): string => {
  const [first, ...rest] = corners;
  const parts = rest.map((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) return `L ${at(point)}`;
    const before = index === 0 ? first : rest[index - 1];
    const [from, to] = [towards(point, before, corner), towards(point, next, corner)];
    return `L ${at(from)} Q ${at(point)} ${at(to)}`;
  });
  return `M ${at(first)} ${parts.join(" ")}`;
};

/** Between boxes for which nothing was laid out: within a lane, or back. */
const between = (a: Box, b: Box): string => {
  const isColumn = Math.abs(a.x - b.x) < a.width;
  const [ay, by] = [a.y + a.height / 2, b.y + b.height / 2];
  if (isColumn) {
    const [from, to] = [a.x + a.width, b.x + b.width];
    const bulge = Math.max(from, to) + 22;
    return `M ${at({ x: from, y: ay })} C ${bulge} ${ay}, ${bulge} ${by}, ${at({ x: to, y: by })}`;
  }
  const isForward = b.x > a.x;
  const from = isForward ? a.x + a.width : a.x;
  const to = isForward ? b.x : b.x + b.width;
  const middle = (from + to) / 2;
  return `M ${at({ x: from, y: ay })} C ${middle} ${ay}, ${middle} ${by}, ${at({ x: to, y: by })}`;
};

const backwards = (corners: readonly Point[]): Point[] => [...corners].reverse();

/** The line of an edge as an SVG path; undefined where one of its ends is not shown. */
export const lineOf = (layout: Layout, { id, from, to }: Pick<GraphEdge, "id" | "from" | "to">) => {
  const corners = layout.lines.get(id);
  if (corners !== undefined && corners.length > 1) return throughCorners(corners);
  const [a, b] = [layout.boxes.get(from), layout.boxes.get(to)];
  return a && b ? between(a, b) : undefined;
};

/** The way from one component to another: along a line, also against its direction. */
export const wayOf = (layout: Layout, from: string, to: string): string | undefined => {
  const there = layout.lines.get(`${from}>${to}`);
  if (there) return throughCorners(there);
  const back = layout.lines.get(`${to}>${from}`);
  if (back) return throughCorners(backwards(back));
  return lineOf(layout, { id: "", from, to });
};
