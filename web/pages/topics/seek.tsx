import { useEffect, useState } from "react";
import type { TopicAnswer } from "../../../src/serve/messages/topics.ts";
import type { Refusal } from "../../api/ask.ts";
import { count } from "../../parts/figures.tsx";
import { absoluteTime } from "../../parts/time.tsx";
import { useZone } from "../../parts/zone.ts";
import type { Choose, Wish } from "./use-wish.ts";

type SeekProps = { topic: TopicAnswer; wish: Wish; choose: Choose };

const sliderSteps = 1_000;

/** NaN for what is no time; one without a zone is UTC, as the API reads it. */
const timeOf = (text = ""): number =>
  /^\d+$/.test(text)
    ? Number.NaN
    : Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);

/** A place on the topic's real range in time: the slider's left is its first record. */
const Slider = ({ topic, wish, choose }: SeekProps) => {
  const zone = useZone();
  const from = Date.parse(topic.range.from ?? "");
  const to = Date.parse(topic.range.to ?? "");
  const asked = timeOf(wish.from);
  const atEnd = wish.direction === "newer" ? from : to;
  const at = Number.isNaN(asked) ? atEnd : asked;
  const [held, hold] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked takes its place
  useEffect(() => hold(null), [wish.from]);
  if (Number.isNaN(from) || Number.isNaN(to)) return null;
  const span = Math.max(1, to - from);
  const ms = held ?? at;
  const settle = () => {
    if (held !== null) choose({ from: new Date(held).toISOString() });
  };
  return (
    <label className="topic-slider">
      <span className="for-readers">From this time on</span>
      <input
        type="range"
        min={0}
        max={sliderSteps}
        step={1}
        value={Math.round(((ms - from) / span) * sliderSteps)}
        aria-valuetext={absoluteTime(ms, zone)}
        onChange={(event) => hold(from + (Number(event.target.value) / sliderSteps) * span)}
        onPointerUp={settle}
        onKeyUp={settle}
        onBlur={settle}
      />
      <span className="topic-slider-ends small soft">
        <span>{absoluteTime(from, zone)}</span>
        <b>{absoluteTime(ms, zone)}</b>
        <span>{absoluteTime(to, zone)}</span>
      </span>
    </label>
  );
};

/** Where the fault is, under the expression as it was typed. */
const Marked = ({ text, fault }: { text: string; fault: Refusal }) => {
  const place = /at character (\d+)/.exec(fault.message)?.[1];
  return (
    <div role="alert" className="filter-fault">
      {place !== undefined && (
        <pre>
          {text}
          {"\n"}
          {`${" ".repeat(Number(place) - 1)}^`}
        </pre>
      )}
      <p>{fault.message}</p>
      {fault.cure && <p className="soft">{fault.cure}</p>}
    </div>
  );
};

type Draft = { partition: string; from: string; key: string; filter: string };

const draftOf = ({ partition = "", from = "", key = "", filter = "" }: Wish): Draft => ({
  partition,
  from,
  key,
  filter,
});

/** The two ends of a topic, and the live view of its newer one. */
const Ends = ({ wish, choose }: Omit<SeekProps, "topic">) => (
  <fieldset className="chips topic-ends">
    <legend className="for-readers">Order</legend>
    {[
      { name: "Newest first", changes: { direction: undefined, from: undefined, live: undefined } },
      { name: "Oldest first", changes: { direction: "newer", from: undefined, live: undefined } },
      { name: "Live", changes: { live: "1", direction: undefined, from: undefined } },
    ].map(({ name, changes }) => (
      <button
        type="button"
        key={name}
        className="chip"
        aria-pressed={changes.live === wish.live && changes.direction === wish.direction}
        onClick={() => choose(changes)}
      >
        {name}
      </button>
    ))}
  </fieldset>
);

/** Where to look and for what. Nothing is asked before Enter or the button. */
export const Seek = ({
  topic,
  wish,
  choose,
  fault,
}: SeekProps & { fault: Refusal | null | undefined }) => {
  const [draft, setDraft] = useState(draftOf(wish));
  const text = JSON.stringify(draftOf(wish));
  useEffect(() => setDraft(JSON.parse(text) as Draft), [text]);
  const field = (name: keyof Draft) => ({
    value: draft[name],
    onChange: (event: { target: { value: string } }) =>
      setDraft({ ...draft, [name]: event.target.value }),
  });
  return (
    <form
      className="panel-body topic-seek"
      onSubmit={(event) => {
        event.preventDefault();
        choose(draft, { push: true });
      }}
    >
      <div className="topic-seek-row">
        <Ends wish={wish} choose={choose} />
        <label>
          <span className="for-readers">Partition</span>
          <select
            value={draft.partition}
            onChange={(event) => choose({ ...draft, partition: event.target.value })}
          >
            <option value="">All partitions</option>
            {topic.offsets.map(({ partition, start, end }) => (
              <option key={partition} value={partition}>
                Partition {partition} ({count(start)}–{count(end)})
              </option>
            ))}
          </select>
        </label>
        <input aria-label="Key" placeholder="Key" className="topic-key" {...field("key")} />
        <input
          aria-label="Offset or time"
          placeholder="Offset, or 2026-11-21T09:30"
          className="topic-from"
          disabled={wish.live !== undefined}
          {...field("from")}
        />
        <input
          aria-label="Filter"
          aria-invalid={fault?.code === "FILTER_WRONG"}
          id="topic-filter"
          placeholder='Filter, such as value.risk_level == "HIGH" && value.risk_score > 0.7'
          className="mono topic-filter"
          spellCheck={false}
          maxLength={2_000}
          {...field("filter")}
        />
        <button type="submit" className="button">
          Look
        </button>
      </div>
      {fault?.code === "FILTER_WRONG" && <Marked text={wish.filter ?? ""} fault={fault} />}
      {wish.live === undefined && <Slider topic={topic} wish={wish} choose={choose} />}
    </form>
  );
};
