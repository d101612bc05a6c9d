import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { type CSSProperties, memo } from "react";
import { laneGround } from "./colours.ts";
import type { GraphNode } from "./graph.ts";
import { Sign } from "./icons.tsx";
import type { Lane } from "./layout.ts";
import { rateWords } from "./words.ts";

/** What befalls a component, while something is supposed to be broken or a flow is played. */
export type Mark = "broken" | "fails" | "stalls" | "starves" | "waits" | "here";
const markWords: Record<Mark, string> = {
  broken: "broken",
  fails: "fails",
  stalls: "stands still",
  starves: "nothing new",
  waits: "waits",
  here: "",
};

export type PartNode = Node<
  {
    of: GraphNode;
    rate: number | null | undefined;
    /** What passes between it and the one that is looked at. */
    note: string | undefined;
    /** Something is looked at; this is, or is not, touched by it. */
    look: "lit" | "dimmed" | "";
    chosen: boolean;
    mark: Mark | undefined;
    isStop: boolean;
    onFocus: (id: string) => void;
    onHover: (id: string | null) => void;
    onOpen: (id: string) => void;
  },
  "part"
>;
export type LaneNode = Node<Lane, "lane">;

const hidden: CSSProperties = { visibility: "hidden", minWidth: 0, minHeight: 0 };

/** A component: solid; a topic: thin, with what passes through it. */
const Part = ({ data, width, height }: NodeProps<PartNode>) => {
  const { of, rate, note, look, chosen, mark, isStop } = data;
  const isTopic = of.badge === "topic";
  const name = [
    "arch-part",
    isTopic && "thin",
    of.retired && "retired",
    look,
    chosen && "chosen",
    mark && `mark-${mark}`,
  ];
  const said = of.retired ? "retired" : mark ? markWords[mark] : "";
  return (
    <>
      <Handle type="target" position={Position.Left} style={hidden} isConnectable={false} />
      <button
        type="button"
        className={name.filter(Boolean).join(" ")}
        style={{ width, height }}
        data-part={of.id}
        tabIndex={isStop ? 0 : -1}
        aria-pressed={chosen}
        onFocus={() => data.onFocus(of.id)}
        onPointerEnter={() => data.onHover(of.id)}
        onPointerLeave={() => data.onHover(null)}
        onClick={() => data.onOpen(of.id)}
      >
        {!isTopic && <Sign icon={of.icon} color={of.color} />}
        <span className="arch-name">
          <span>{of.name}</span> {isTopic && <span className="for-readers">topic </span>}
          {isTopic && note === undefined && said === "" && (
            <small className={rate == null ? "unknown" : ""}>{rateWords(rate)}</small>
          )}
          {note !== undefined && said === "" && <small className="arch-note">{note}</small>}
          {said !== "" && <small className="arch-said">{said}</small>}
        </span>
      </button>
      <Handle type="source" position={Position.Right} style={hidden} isConnectable={false} />
    </>
  );
};

/** A layer: its colour from top to bottom, and its name above. */
const LaneGround = ({ data, width, height }: NodeProps<LaneNode>) => {
  const ground = laneGround(data.color);
  const style = { "--lane-light": ground.light, "--lane-dark": ground.dark, width, height };
  return (
    <div
      className={data.bare ? "arch-lane bare" : "arch-lane"}
      style={style as CSSProperties}
      title={data.says}
    >
      <span>
        <b>{data.order}</b> <Sign icon={data.icon} color={data.color} size={12} /> {data.name}
      </span>
    </div>
  );
};

export const nodeTypes = { part: memo(Part), lane: memo(LaneGround) };
