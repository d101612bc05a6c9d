import assert from "node:assert/strict";
import { test } from "node:test";
import { openScreen } from "./up-screen.ts";

const figures = { processors: {}, sinks: {}, notified: {} };
const moment = { seconds: 1, eventsPerSecond: 0, figures };

/** What is written to a terminal of this size. */
const terminal = (columns: number, rows: number) => {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { written, screen: openScreen({ isTTY: true, columns, rows, write }) };
};
const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);

test("given a terminal, then the block is drawn over the one before it", () => {
  const { written, screen } = terminal(100, 50);
  screen.show(moment);
  screen.show(moment);
  const [first, clear, second] = written;
  assert.equal(linesOf(first).at(-1), "  Ctrl-C stops everything; the data stays.");
  assert.equal(clear, `\x1b[${linesOf(first).length}A\x1b[0J`);
  assert.equal(second, first);
});

test("given a terminal smaller than the block, then no more than fits is drawn and cleared", () => {
  const { written, screen } = terminal(30, 8);
  screen.show(moment);
  screen.show(moment);
  const [first, clear] = written;
  const lines = linesOf(first);
  assert.equal(lines.length, 7, "the line below it holds the cursor");
  assert.ok(lines.every((line) => line.length < 30));
  assert.match(lines[1], /Bellwether {3}up for 1 s/);
  assert.equal(clear, "\x1b[7A\x1b[0J");
});

test("given that the screen is closed, then nothing is cleared any more", () => {
  const { written, screen } = terminal(100, 50);
  screen.show(moment);
  screen.close();
  screen.show(moment);
  assert.equal(written.length, 2);
});
