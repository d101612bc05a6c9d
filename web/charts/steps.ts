type Step = (at: number, last: number) => number;

const steps: Record<string, Step> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowDown: (at) => at - 1,
  ArrowUp: (at) => at + 1,
  PageUp: (at) => at - 10,
  PageDown: (at) => at + 10,
  Home: () => 0,
  End: (_, last) => last,
};

/** To which point of a chart a key leads; undefined for every other key. */
export const stepOf = (key: string): Step | undefined => steps[key];
