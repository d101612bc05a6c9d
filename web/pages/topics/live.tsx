import { count } from "../../parts/figures.tsx";
import { Empty, NotYet } from "../../parts/states.tsx";
import type { Tail } from "./use-tail.ts";

const states = {
  off: "",
  opening: "Opening …",
  open: "Live",
  lost: "The connection was lost; it is being opened again.",
};

type LiveProps = {
  tail: Tail;
  /** By key or button, or because the pointer is over the messages. */
  paused: boolean;
  pointed: boolean;
  onPause: () => void;
};

/** Over the live view: its state, what is held back, and what could not be shown. */
export const LiveHead = ({ tail, paused, pointed, onPause }: LiveProps) => (
  <div className="panel-body topic-live" role="status">
    <span className={tail.state === "open" ? "topic-dot on" : "topic-dot"} aria-hidden="true" />
    <span>
      {paused ? "Paused" : pointed ? "Held while the pointer is on it" : states[tail.state]}
    </span>
    <button type="button" className="button" aria-pressed={paused} onClick={onPause}>
      {paused ? `Go on (${count(tail.waiting)} new)` : "Pause"} <kbd>space</kbd>
    </button>
    {pointed && !paused && tail.waiting > 0 && <span>{count(tail.waiting)} new</span>}
    {tail.skippedPerS > 0 && <span>{count(tail.skippedPerS)} more/s not shown</span>}
    {tail.skipped > 0 && <span className="soft">{count(tail.skipped)} not shown so far</span>}
    {tail.stopped !== null && (
      <span role="alert">The filter was ended: {tail.stopped} Change it to go on.</span>
    )}
  </div>
);

export const LiveEmpty = ({ tail }: { tail: Tail }) =>
  tail.state === "opening" ? (
    <Empty says="The end of the topic is being looked for." />
  ) : (
    <NotYet says="Nothing has come since you began to look. What comes will stand here." />
  );
