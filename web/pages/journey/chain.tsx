import type { CSSProperties } from "react";
import type { Hop } from "../../../src/serve/messages/journey.ts";
import { absoluteTime, duration } from "../../parts/time.tsx";
import { useZone } from "../../parts/zone.ts";
import { spent, wholeMs, writer } from "./hop-words.ts";

type ChainProps = {
  hops: readonly Hop[];
  selected: string;
  onSelect: (id: string) => void;
};

/** Its share of the way, and within it the share of waiting, as the strip draws them. */
const shares = (hop: Hop): CSSProperties => {
  const whole = wholeMs(hop);
  const waiting = whole === 0 ? 0 : ((hop.waiting_ms ?? 0) / whole) * 100;
  return { flexGrow: Math.max(whole, 0.001), "--waiting": `${waiting}%` } as CSSProperties;
};

/** The main way to scale: one stretch for each hop, waiting hatched, working full. */
const Strip = ({ hops, selected, onSelect }: ChainProps) => {
  const zone = useZone();
  const began = hops[0]?.began_at ?? hops[0]?.append_at;
  const ended = hops.at(-1)?.append_at;
  const whole = hops.reduce((sum, hop) => sum + wholeMs(hop), 0);
  return (
    <>
      <ol className="journey-strip" aria-label="The way, to scale in time">
        {hops.map((hop, at) => (
          <li key={hop.id} style={shares(hop)}>
            <button
              type="button"
              className={hop.slowest ? "journey-stretch slowest" : "journey-stretch"}
              aria-pressed={hop.id === selected}
              aria-label={`Hop ${at + 1}: ${hop.says}, ${spent(hop)}`}
              title={`${hop.says}: ${spent(hop)}`}
              onClick={() => onSelect(hop.id)}
            >
              {at + 1}
            </button>
          </li>
        ))}
      </ol>
      <p className="journey-ends small soft">
        <span>{began && absoluteTime(Date.parse(began), zone)}</span>
        <span>
          <i className="journey-key waiting" aria-hidden="true" /> waiting{" "}
          <i className="journey-key working" aria-hidden="true" /> working · {duration(whole)} in
          all
        </span>
        <span>{ended && absoluteTime(Date.parse(ended), zone)}</span>
      </p>
    </>
  );
};

const states: Record<string, string> = {
  archive: "from the archive",
  gone: "no longer kept",
  timer: "a deadline",
};

type CardProps = {
  hop: Hop;
  number: string;
  selected: boolean;
  onSelect: () => void;
};

/** One hop in words. */
const Card = ({ hop, number, selected, onSelect }: CardProps) => (
  <button type="button" className="journey-card" aria-pressed={selected} onClick={onSelect}>
    <span className="journey-card-head">
      <b>{number}</b> <b>{hop.says}</b>
      {hop.asked && <span className="tag">asked for</span>}
      {hop.slowest && <span className="tag journey-slow">slowest</span>}
    </span>
    <span className="mono">{hop.topic === null ? states[hop.state] : hop.id}</span>
    <span className="soft">{writer(hop) || states[hop.state]}</span>
    <span className="soft">{spent(hop)}</span>
    {hop.state === "archive" && <span className="soft">{states.archive}</span>}
    {hop.ended !== null && <span className="journey-ended">{hop.ended}</span>}
  </button>
);

/** The main way as a chain, and below what else was caused on it. */
export const Chain = ({ hops, selected, onSelect }: ChainProps) => {
  const main = hops.filter((hop) => hop.main);
  const others = hops.filter((hop) => !hop.main);
  const numberOf = (id: string | null) => main.findIndex((hop) => hop.id === id) + 1;
  const card = (hop: Hop, number: string) => (
    <li key={hop.id}>
      <Card
        hop={hop}
        number={number}
        selected={hop.id === selected}
        onSelect={() => onSelect(hop.id)}
      />
    </li>
  );
  const from = ({ parent }: Hop) => {
    const number = numberOf(parent);
    return number === 0 ? "then" : `from ${number}`;
  };
  return (
    <>
      <Strip hops={main} selected={selected} onSelect={onSelect} />
      <ol className="journey-cards" aria-label="The way, hop by hop">
        {main.map((hop, at) => card(hop, String(at + 1)))}
      </ol>
      {others.length > 0 && (
        <>
          <h3>Caused besides</h3>
          <ul className="journey-cards" aria-label="Side branches">
            {others.map((hop) => card(hop, from(hop)))}
          </ul>
        </>
      )}
    </>
  );
};
