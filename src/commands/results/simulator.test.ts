import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../config.ts";
import { alarmMethod, simulatorResults } from "./simulator.ts";
import type { WarningFigures } from "./warnings.ts";

const lives = { seeds: [301], customers: 40, days: 120 };
const evaluate = () => {
  const said: string[] = [];
  const section = simulatorResults(join(root, "models"), (line) => said.push(line), lives);
  return { said, ...section, figures: (section.figures as { high: WarningFigures }).high };
};

test("given a few simulated people, then they are judged the same each time", () => {
  const { figures, lines, said } = evaluate();
  assert.match(said[0], /^Seed 301: \d+ stories of 40 simulated people$/);
  assert.ok(figures.stories.length > 0 && figures.healthy > 0);
  assert.ok(figures.healthy < 40, "some people have stories");
  assert.match(lines[0], /^\*\*Simulated data\.\*\* 40 simulated people/);
  assert.deepEqual(evaluate().figures, figures);
});

test("given no false alarm, then its interval is said to be Garwood's", () => {
  const { figures, lines } = evaluate();
  const told = lines.find((line) => line.startsWith("False alarms:"));
  assert.ok(told?.includes(`(95 %, ${alarmMethod(figures)}, over `), told);
  const none = { value: 0, low: 0, high: 0.5 };
  assert.match(alarmMethod({ falseAlarms: none }), /Garwood/);
  assert.equal(alarmMethod({ falseAlarms: { ...none, value: 0.2 } }), "bootstrap");
});
