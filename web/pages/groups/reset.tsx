import { useEffect, useState } from "react";
import type { GroupAnswer, ResetAnswer, Target } from "../../../src/serve/messages/groups.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { SecondPerson, sentence } from "../../parts/approvals.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { count } from "../../parts/figures.tsx";
import { Command, Fault } from "../../parts/states.tsx";
import { tell } from "../../parts/toast.tsx";

type ResetProps = { group: GroupAnswer; open: boolean; onClose: () => void; onDone: () => void };

const targets: { value: Target; name: string }[] = [
  { value: "earliest", name: "The first record that is stored" },
  { value: "latest", name: "The end: skip what waits" },
  { value: "time", name: "A time" },
  { value: "offset", name: "An offset" },
];
const restMs = 250;

type Wish = { to: Target; time: string; offset: string; topic: string; partition: string };
const first: Wish = { to: "earliest", time: "", offset: "", topic: "", partition: "" };

/** What the API is asked for; undefined while something is missing. */
const bodyOf = ({ to, time, offset, topic, partition }: Wish): object | undefined => {
  if (to === "time" && Number.isNaN(Date.parse(time))) return undefined;
  if (to === "offset" && !/^\d{1,15}$/.test(offset)) return undefined;
  return {
    to,
    ...(to === "time" ? { time: new Date(time).toISOString() } : {}),
    ...(to === "offset" ? { offset: Number(offset) } : {}),
    ...(topic ? { topic } : {}),
    ...(topic && partition ? { partition: Number(partition) } : {}),
  };
};

const usePlan = (group: string, wish: Wish, open: boolean) => {
  const [plan, setPlan] = useState<ResetAnswer | null>(null);
  const [fault, setFault] = useState<Refusal | null>(null);
  const text = JSON.stringify(bodyOf(wish));
  useEffect(() => {
    if (!open || text === undefined) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const body = { ...JSON.parse(text), dry_run: true };
      const path = `/groups/${encodeURIComponent(group)}/offsets/reset`;
      ask<ResetAnswer>(path, { method: "POST", body, signal: stop.signal }).then(
        (answer) => {
          setPlan(answer);
          setFault(null);
        },
        (thrown: Refusal) => {
          if (!stop.signal.aborted) setFault(thrown);
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [group, text, open]);
  return { plan, fault };
};

const Moves = ({ plan }: { plan: ResetAnswer }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <section className="groups-moves" aria-label="From where to where" tabIndex={0}>
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Topic</th>
          <th scope="col" className="number">
            From
          </th>
          <th scope="col" className="number">
            To
          </th>
          <th scope="col" className="number">
            Again
          </th>
          <th scope="col" className="number">
            Skipped
          </th>
        </tr>
      </thead>
      <tbody>
        {plan.parts.map(({ topic, partition, from, to, again, skipped }) => (
          <tr key={`${topic} ${partition}`}>
            <td>
              {topic} {partition}
            </td>
            <td className="number">{count(from)}</td>
            <td className="number">{count(to)}</td>
            <td className="number">{count(again)}</td>
            <td className="number">{count(skipped)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

/** Moves a group's offsets: first what that brings about, then a second person. */
export const Reset = ({ group, open, onClose, onDone }: ResetProps) => {
  const [wish, setWish] = useState<Wish>(first);
  const { plan, fault } = usePlan(group.group, wish, open);
  const change = (more: Partial<Wish>) => setWish((before) => ({ ...before, ...more }));
  const topics = [...new Set(group.parts.map(({ topic }) => topic))];
  const partitions = group.parts.filter(({ topic }) => topic === wish.topic);
  const body = bodyOf(wish);
  const moves = plan?.parts.some(({ from, to }) => from !== to) ?? false;
  const run = async () => {
    const path = `/groups/${encodeURIComponent(group.group)}/offsets/reset`;
    await ask(path, { method: "POST", body });
    tell("Asked. Another person must agree.");
    onDone();
  };
  return (
    <Confirm
      title={`Move the offsets of ${group.group}`}
      says="From where the group goes on when it starts again."
      open={open}
      onClose={onClose}
      className="groups-reset"
      act="Ask a second person"
      ready={body !== undefined && plan !== null && !plan.hindrance && moves && fault === null}
      run={run}
    >
      <fieldset className="groups-targets">
        <legend className="for-readers">Where to</legend>
        {targets.map(({ value, name }) => (
          <label key={value}>
            <input
              type="radio"
              name="to"
              checked={wish.to === value}
              onChange={() => change({ to: value })}
            />{" "}
            {name}
          </label>
        ))}
      </fieldset>
      <div className="groups-wish">
        {wish.to === "time" && (
          <label className="field">
            <span>Time, in this browser's zone</span>
            <input
              type="datetime-local"
              step={1}
              value={wish.time}
              onChange={(event) => change({ time: event.target.value })}
            />
          </label>
        )}
        {wish.to === "offset" && (
          <label className="field">
            <span>Offset</span>
            <input
              inputMode="numeric"
              value={wish.offset}
              onChange={(event) => change({ offset: event.target.value })}
            />
          </label>
        )}
        <label className="field">
          <span>Topic</span>
          <select
            value={wish.topic}
            onChange={(event) => change({ topic: event.target.value, partition: "" })}
          >
            <option value="">all that it reads</option>
            {topics.map((topic) => (
              <option key={topic}>{topic}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Partition</span>
          <select
            value={wish.partition}
            disabled={wish.topic === ""}
            onChange={(event) => change({ partition: event.target.value })}
          >
            <option value="">all</option>
            {partitions.map(({ partition }) => (
              <option key={partition}>{partition}</option>
            ))}
          </select>
        </label>
      </div>
      {fault && <Fault fault={fault} />}
      {plan && (
        <>
          <p>
            <b>Dry run:</b> {sentence(plan.effect)}
          </p>
          <Moves plan={plan} />
          {plan.warning && <p className="soft small">{plan.warning}</p>}
          {plan.hindrance && (
            <div className="state fault" role="alert">
              <p>{plan.hindrance.says}</p>
              <p className="soft">{plan.hindrance.cure}</p>
              {plan.hindrance.command && <Command text={plan.hindrance.command} />}
            </div>
          )}
        </>
      )}
      {plan && !plan.hindrance && <SecondPerson />}
    </Confirm>
  );
};
