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

/** What came, and what of it is shown: kept apart from what is drawn, which follows it. */
class Told {
  #held: Message[] = [];
  #shown: readonly Message[] = [];
  #skipped = 0;
  #skippedNow = 0;
  skippedPerS = 0;
  state: Tail["state"] = "opening";
  stopped: string | null = null;

  take({ messages, skipped, stopped }: TailSays): void {
    this.#held = [...messages.toReversed(), ...this.#held].slice(0, shownMost);
    this.#skipped += skipped;
    this.#skippedNow += skipped;
    this.stopped = stopped;
  }

  show(): void {
    if (this.#held.length === 0) return;
    this.#shown = [...this.#held, ...this.#shown].slice(0, shownMost);
    this.#held = [];
  }

  /** Once a second; whether the rate is another one now. */
  tick(): boolean {
    const changes = this.skippedPerS !== this.#skippedNow;
    this.skippedPerS = this.#skippedNow;
    this.#skippedNow = 0;
    return changes;
  }

  get tail(): Tail {
    const { skippedPerS, state, stopped } = this;
    const waiting = this.#held.length;
    return { messages: this.#shown, waiting, skipped: this.#skipped, skippedPerS, state, stopped };
  }
}

/** New messages as the server tells them. Paused, they are kept back and counted. */
export const useTail = (path: string | null, paused: boolean): Tail => {
  const [tail, setTail] = useState<Tail>(nothing);
  const told = useRef<Told | null>(null);
  const isPaused = useRef(paused);
  isPaused.current = paused;

  useEffect(() => {
    if (path === null) {
      setTail(nothing);
      return;
    }
    const own = new Told();
    told.current = own;
    const draw = () => setTail(own.tail);
    const become = (state: Tail["state"]) => {
      own.state = state;
      draw();
    };
    draw();
    const source = new EventSource(path);
    source.onopen = () => become("open");
    source.onerror = () => become("lost");
    source.onmessage = ({ data }: MessageEvent<string>) => {
      own.take(JSON.parse(data) as TailSays);
      if (own.stopped !== null) source.close();
      if (!isPaused.current) own.show();
      draw();
    };
    const timer = setInterval(() => own.tick() && draw(), 1_000);
    return () => {
      clearInterval(timer);
      source.close();
      told.current = null;
    };
  }, [path]);

  useEffect(() => {
    if (paused || told.current === null) return;
    told.current.show();
    setTail(told.current.tail);
  }, [paused]);
  return tail;
};
