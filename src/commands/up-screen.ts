import { setTimeout as delay } from "node:timers/promises";
import { print, say as sayPlain } from "./command.ts";
import type { SupervisedProcesses } from "./up-processes.ts";
import { type Moment, summaryBlock, summaryLine } from "./up-summary.ts";

const drawEveryMs = 1_000;
const lineEveryMs = 5_000;

export const tries = [
  "./bellwether sign-in",
  "./bellwether sql 'select * from risk_scores order by score_date desc limit 5'",
  "./bellwether sql 'select risk_level, count(*) from interventions group by 1'",
  "./bellwether lag --watch",
  "./bellwether load transactions --rate 500 --seconds 30",
  "./bellwether topics tail predictions-stream",
];

export type Screen = {
  say: (sentence: string) => void;
  show: (moment: Moment) => void;
  close: () => void;
};

type Output = Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows"> & {
  write: (text: string) => unknown;
};

/**
 * A redrawn block on a terminal, plain lines in a pipe. Sentences stay above the block. What a
 * small terminal cannot hold is left out: lines that have left it at the top cannot be redrawn.
 */
export const openScreen = (output: Output = process.stdout): Screen => {
  const tty = output.isTTY === true;
  let drawn = 0;
  let lastLine = 0;
  const clear = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  let last: string[] = [];
  const draw = () => {
    if (last.length === 0) return;
    const { columns = 100, rows = 40 } = output;
    const lines = last.slice(0, Math.max(1, rows - 1));
    output.write(`${lines.map((line) => line.slice(0, columns - 1)).join("\n")}\n`);
    drawn = lines.length;
  };
  const show = (moment: Moment) => {
    if (tty) {
      clear();
      last = summaryBlock(moment, tries);
      draw();
    } else if (performance.now() - lastLine >= lineEveryMs) {
      lastLine = performance.now();
      print(summaryLine(moment));
    }
  };
  const say = (sentence: string) => {
    clear();
    sayPlain(sentence);
    if (tty) draw();
  };
  return {
    say,
    show,
    close: () => {
      drawn = 0;
      last = [];
    },
  };
};

/** Shows the figures once a second; says when the first prediction and the present came. */
export const watch = async (
  processes: SupervisedProcesses,
  screen: Screen,
  began: number,
  stop: AbortSignal,
): Promise<void> => {
  let records = 0;
  let at = performance.now();
  const news = newsTeller(screen, began);
  while (!stop.aborted) {
    const figures = processes.figures();
    const now = performance.now();
    const ran = figures.processors["feature-processor"]?.records ?? 0;
    const eventsPerSecond = Math.max(0, ((ran - records) * 1_000) / (now - at));
    records = ran;
    at = now;
    news(figures.live?.newest ?? undefined, figures.source);
    screen.show({ seconds: (now - began) / 1_000, figures, eventsPerSecond });
    await delay(drawEveryMs, undefined, { signal: stop }).catch(() => {});
  }
};

const newsTeller = (screen: Screen, began: number) => {
  let predicted = false;
  let present = false;
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1);
  return (newest: string | undefined, source: { events: number; present: boolean } | undefined) => {
    if (newest !== undefined && !predicted) {
      predicted = true;
      screen.say(`First prediction after ${seconds()} s: ${newest}`);
    }
    if (source?.present && !present) {
      present = true;
      screen.say(`History told (${source.events} events) after ${seconds()} s; now in real time.`);
    }
  };
};
