import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Line, LineKind, TimelineCounts } from "../../../src/serve/messages/timeline.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Behind, Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { kindWords, LineRow } from "./line-row.tsx";
import type { Selection } from "./selection.ts";
import { type Lines, useLines } from "./use-lines.ts";

const rowHeight = 46;
const kinds = Object.keys(kindWords) as LineKind[];

/** Kinds with their counts, any number of them chosen; none chosen stands for all. */
const Kinds = ({ customer }: { customer: string }) => {
  const [value, setValue] = useUrlValue("kinds");
  const path = `/customers/${encodeURIComponent(customer)}/timeline/counts`;
  const { data } = useAnswer<TimelineCounts>(path, { everyMs: 30_000 });
  const chosen = value.split(",").filter(Boolean);
  const toggle = (kind: LineKind) => {
    const next = chosen.includes(kind) ? chosen.filter((one) => one !== kind) : [...chosen, kind];
    setValue(kinds.filter((one) => next.includes(one)).join(","));
  };
  return (
    <fieldset className="chips timeline-kinds">
      <legend className="for-readers">Kinds of lines</legend>
      {kinds.map((kind) => (
        <button
          type="button"
          key={kind}
          className="chip"
          aria-pressed={chosen.includes(kind)}
          onClick={() => toggle(kind)}
        >
          {kindWords[kind][1]}
          {data && <span className="faint"> {count(data.counts[kind])}</span>}
        </button>
      ))}
    </fieldset>
  );
};

/** A line that rests on a score chooses it in the chart; any other leads to its journey. */
const useOpen = ({ choose }: Selection): ((line: Line) => void) => {
  const [, go] = useLocation();
  const choosing = useRef(choose);
  choosing.current = choose;
  return useCallback(
    (line: Line) => {
      if (line.prediction) choosing.current(line.prediction);
      else if (line.event) go(`/journey?event=${encodeURIComponent(line.event)}`);
    },
    [go],
  );
};

/** Which line the keys stand on; by its id, as lines come before it. */
const useCursor = ({ lines, next }: Lines) => {
  const [id, setId] = useUrlValue("line");
  const [hint, setHint] = useState(0);
  const found =
    lines[hint]?.id === id ? hint : id === "" ? -1 : lines.findIndex((line) => line.id === id);
  const move = (step: number) => {
    if (lines.length === 0) return;
    const to = found < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, found + step));
    setHint(to);
    setId(lines[to].id);
    if (to > lines.length - 20) next();
  };
  const put = useCallback(
    (line: Line, at: number) => {
      setHint(at);
      setId(line.id);
    },
    [setId],
  );
  return { at: found, move, put };
};

type RowsProps = {
  all: Lines;
  cursor: ReturnType<typeof useCursor>;
  order: readonly [string, string];
  onOpen: (line: Line) => void;
};

const Rows = ({ all, cursor, order, onOpen }: RowsProps) => {
  const { lines, more, next } = all;
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: lines.length + (more ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && lastShown > lines.length - 60) next();
  }, [more, lastShown, lines.length, next]);
  useEffect(() => {
    if (cursor.at >= 0) virtual.scrollToIndex(cursor.at, { align: "auto" });
  }, [cursor.at, virtual]);
  const letter = (line: Line): string => {
    if (line.kind !== "scores" || !line.prediction) return "";
    if (line.prediction === order[0]) return "A";
    return line.prediction === order[1] ? "B" : "";
  };
  return (
    <section
      className="timeline-rows"
      ref={scroller}
      aria-label="Everything, newest first"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      <ol style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const line = lines[index];
          if (line === undefined)
            return (
              <li key="more" className="line" style={{ transform: `translateY(${start}px)` }}>
                <span className="soft">More is on its way</span>
              </li>
            );
          return (
            <LineRow
              key={line.id}
              line={line}
              index={index}
              top={start}
              selected={index === cursor.at}
              chosen={letter(line)}
              onPoint={cursor.put}
              onOpen={onOpen}
            />
          );
        })}
      </ol>
    </section>
  );
};

type TimelineProps = {
  customer: string;
  selection: Selection;
  order: readonly [string, string];
};

/** One timeline of everything, including what was not done and why. */
export const Timeline = ({ customer, selection, order }: TimelineProps) => {
  const [chosen, setChosen] = useUrlValue("kinds");
  const all = useLines(customer, chosen);
  const cursor = useCursor(all);
  const [, go] = useLocation();
  const open = useOpen(selection);
  const { lines, fault, loading, again, fresh, showFresh } = all;
  useKeys("Customer", [
    { keys: "j", does: "Next line", run: () => cursor.move(1) },
    { keys: "k", does: "Line before", run: () => cursor.move(-1) },
    {
      keys: "Enter",
      does: "Choose the line's score in the chart, or open its journey",
      run: () => {
        const line = lines[cursor.at];
        if (line) open(line);
      },
    },
    {
      keys: "i",
      does: "The journey of the line's record",
      run: () => {
        const event = lines[cursor.at]?.event;
        if (event) go(`/journey?event=${encodeURIComponent(event)}`);
      },
    },
    { keys: "Escape", does: "Let the chosen scores go", run: selection.clear },
  ]);
  const rows = useMemo(
    () => lines.map(({ at, kind, says, detail, event }) => ({ at, kind, says, detail, event })),
    [lines],
  );
  return (
    <Panel
      title="Everything, newest first"
      className="timeline"
      aside={
        <span className="acts">
          {fresh > 0 && (
            <button type="button" className="button" onClick={showFresh}>
              {fresh >= 50 ? "50 or more" : fresh} new
            </button>
          )}
          <Export name={`timeline-${customer}`} rows={rows} />
        </span>
      }
    >
      <Kinds customer={customer} />
      {loading && <Skeleton rows={10} height={20} />}
      {fault && <Fault fault={fault} again={again} />}
      {!loading &&
        !fault &&
        lines.length === 0 &&
        (chosen ? (
          <Empty says="Nothing of these kinds is known of this customer.">
            <button type="button" className="button" onClick={() => setChosen("")}>
              Show every kind
            </button>
          </Empty>
        ) : (
          <Behind says="Nothing is known of this customer yet." />
        ))}
      {lines.length > 0 && (
        <Rows key={chosen} all={all} cursor={cursor} order={order} onOpen={open} />
      )}
    </Panel>
  );
};
