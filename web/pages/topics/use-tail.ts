import { useEffect, useRef, useState } from "react";
import type { Message, TailSays } from "../../../src/serve/messages/topics.ts";

const shownMost = 300;

export type Tail = {
  /** The newest first. */
  messages: readonly Message[];
  /** How many came since it was paused. */
  waiting: number;
  /** How many there were and are not shown: in all, and in the last second. */
  skipped: number;
  skippedPerS: number;
  state: "off" | "opening" | "open" | "lost";
  stopped: string | null;
};

const nothing: Tail = {
  messages: [],
  waiting: 0,
  skipped: 0,
  skippedPerS: 0,
  state: "off",
  stopped: null,
};

/** New messages as the server tells them. Paused, they are kept back and counted. */
export const useTail = (path: string | null, paused: boolean): Tail => {
  const [tail, setTail] = useState<Tail>(nothing);
  const held = useRef<Message[]>([]);
  const isPaused = useRef(paused);
  isPaused.current = paused;

  useEffect(() => {
    held.current = [];
    if (path === null) {
      setTail(nothing);
      return;
    }
    setTail({ ...nothing, state: "opening" });
    const source = new EventSource(path);
    let perS = 0;
    source.onopen = () => setTail((tail) => ({ ...tail, state: "open" }));
    source.onerror = () => setTail((tail) => ({ ...tail, state: "lost" }));
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const { messages, skipped, stopped } = JSON.parse(data) as TailSays;
      perS += skipped;
      held.current = [...messages.toReversed(), ...held.current].slice(0, shownMost);
      if (stopped !== null) source.close();
      setTail((tail) => told(tail, { skipped, stopped }, held, isPaused.current));
    };
    const timer = setInterval(() => {
      const skippedPerS = perS;
      perS = 0;
      setTail((tail) => (tail.skippedPerS === skippedPerS ? tail : { ...tail, skippedPerS }));
    }, 1_000);
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [path]);

  useEffect(() => {
    if (!paused) setTail((tail) => told(tail, { skipped: 0, stopped: tail.stopped }, held, false));
  }, [paused]);
  return tail;
};

type Held = { current: Message[] };

const told = (
  tail: Tail,
  { skipped, stopped }: Pick<TailSays, "skipped" | "stopped">,
  held: Held,
  paused: boolean,
): Tail => {
  const all = { ...tail, skipped: tail.skipped + skipped, stopped };
  if (paused) return { ...all, waiting: held.current.length };
  const messages = [...held.current, ...tail.messages].slice(0, shownMost);
  held.current = [];
  return { ...all, messages, waiting: 0 };
};
