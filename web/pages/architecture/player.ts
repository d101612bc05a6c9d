import { useEffect, useState } from "react";
import { useUrlValue } from "../../parts/url.ts";
import { travelMs } from "./drawn.ts";
import type { Scenario } from "./graph.ts";
import { speeds } from "./state.ts";

const restMs = 900;

export type Player = {
  /** From 0; the step that is shown. */
  at: number;
  playing: boolean;
  speed: number;
  go: (at: number) => void;
  toggle: () => void;
  setSpeed: (speed: string) => void;
};

/** Walks through a scenario's steps, by itself or one at a time. Where it stands is in the URL. */
export const usePlayer = (scenario: Scenario | undefined): Player => {
  const [step, setStep] = useUrlValue("step", "1");
  const [speedText, setSpeed] = useUrlValue("speed", "1");
  const [playing, setPlaying] = useState(false);
  const steps = scenario?.steps ?? [];
  const last = Math.max(0, steps.length - 1);
  const wanted = Number.parseInt(step, 10) - 1;
  const at = Math.min(last, Math.max(0, Number.isNaN(wanted) ? 0 : wanted));
  const speed = Number(speeds.find((one) => one === speedText) ?? "1");
  const takes = steps[at]?.takes_ms ?? 0;
  useEffect(() => {
    if (!playing) return;
    const waitMs = travelMs(takes, speed) + restMs / speed;
    const timer = setTimeout(() => {
      if (at >= last) setPlaying(false);
      else setStep(String(at + 2));
    }, waitMs);
    return () => clearTimeout(timer);
  }, [playing, at, last, takes, speed, setStep]);
  const go = (to: number) => {
    setPlaying(false);
    setStep(String(Math.min(last, Math.max(0, to)) + 1));
  };
  const toggle = () => {
    if (!playing && at >= last) setStep("1");
    setPlaying(!playing);
  };
  return { at, playing, speed, go, toggle, setSpeed };
};
