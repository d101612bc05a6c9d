import { memo } from "react";
import { Link } from "wouter";
import type { Line, LineKind } from "../../../src/serve/messages/timeline.ts";
import { Time } from "../../parts/time.tsx";

/** What each kind is called, in the singular at a line and for the chips. */
export const kindWords: Readonly<Record<LineKind, readonly [string, string]>> = {
  money: ["money", "Money"],
  scores: ["score", "Scores"],
  timers: ["expected", "Expected, not seen"],
  contacts: ["contact", "Contacts"],
  holds: ["not done", "Contacts not made"],
  dues: ["due", "Instalments"],
  outcomes: ["outcome", "Outcomes"],
  profile: ["profile", "Profile"],
  people: ["staff", "Staff"],
};

const classOf = ({ kind, tone, band }: Line): string => {
  if (kind === "scores" && band) return `band-${band}`;
  if (tone !== "plain") return tone;
  return `kind-${kind}`;
};

type RowProps = {
  line: Line;
  index: number;
  top: number;
  selected: boolean;
  /** The letter of the score in the chart; empty: it is not chosen there. */
  chosen: string;
  onPoint: (line: Line, index: number) => void;
  onOpen: (line: Line) => void;
};

/** One thing that happened, or did not. Drawn again only when it changes, however one scrolls. */
export const LineRow = memo((props: RowProps) => {
  const { line, index, top, selected, chosen, onPoint, onOpen } = props;
  const { at, says, detail, until, event, prediction, kind } = line;
  const isAhead = Date.parse(at) > Date.now();
  return (
    <li
      className={isAhead ? "line ahead" : "line"}
      style={{ transform: `translateY(${top}px)` }}
      aria-current={selected ? "true" : undefined}
      data-line={line.id}
      onPointerDown={() => onPoint(line, index)}
    >
      <span className="line-time soft">
        <Time at={at} as="clock" />
      </span>
      <span className={`line-kind ${classOf(line)}`}>{kindWords[kind][0]}</span>
      <span className="line-says" title={says}>
        {says}
        {until && (
          <>
            {" "}
            until <Time at={until} as="minute" />
          </>
        )}
        {chosen !== "" && <b className="tag line-chosen">{chosen}</b>}
      </span>
      <span className="line-detail soft" title={detail}>
        {isAhead ? `ahead${detail && " · "}${detail}` : detail}
      </span>
      <span className="line-links">
        {prediction && (
          <button
            type="button"
            className="button plain small"
            onClick={() => onOpen(line)}
            tabIndex={-1}
          >
            why
          </button>
        )}
        {event && (
          <Link
            href={`/journey?event=${encodeURIComponent(event)}`}
            className="small"
            tabIndex={-1}
            title="Where this record came from and what it caused"
          >
            journey
          </Link>
        )}
      </span>
    </li>
  );
});
LineRow.displayName = "LineRow";
