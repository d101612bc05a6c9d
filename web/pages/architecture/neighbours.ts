import type { Graph } from "./graph.ts";
import type { Box, Layout } from "./layout.ts";

export type Direct = "left" | "right" | "up" | "down";

const middle = ({ x, y, width, height }: Box) => ({ x: x + width / 2, y: y + height / 2 });

/**
 * Where an arrow key leads: left and right along the flows, to the nearest at that side; up and
 * down within the column. Where no flow leads on, to the nearest component at that side.
 */
export const neighbourOf = (
  { edges }: Graph,
  { boxes }: Layout,
  id: string,
  direct: Direct,
): string | undefined => {
  const here = boxes.get(id);
  if (here === undefined) return undefined;
  const from = middle(here);
  const isThere = (box: Box): boolean => {
    const to = middle(box);
    const isColumn = Math.abs(to.x - from.x) < here.width / 2;
    if (direct === "up") return isColumn && to.y < from.y;
    if (direct === "down") return isColumn && to.y > from.y;
    return direct === "left" ? to.x < from.x - here.width / 2 : to.x > from.x + here.width / 2;
  };
  const distance = (box: Box): number => {
    const to = middle(box);
    return Math.abs(to.x - from.x) * 2 + Math.abs(to.y - from.y);
  };
  const nearest = (ids: Iterable<string>): string | undefined =>
    [...ids]
      .flatMap((one) => {
        const box = boxes.get(one);
        return box && one !== id && isThere(box) ? [{ one, far: distance(box) }] : [];
      })
      .sort((a, b) => a.far - b.far)[0]?.one;
  const joined = edges
    .filter((edge) => edge.kind !== "holds" && (edge.from === id || edge.to === id))
    .map((edge) => (edge.from === id ? edge.to : edge.from));
  return nearest(joined) ?? nearest(boxes.keys());
};
