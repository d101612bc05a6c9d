import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { policies, type ScoringPolicy } from "../../events/policy.ts";
import { bandOf } from "./score.ts";

const shipped = policies.read(
  readFileSync(new URL("../../../policies/scoring.json", import.meta.url)),
) as ScoringPolicy;

test("given the shipped policy, then each band begins where it says, and not before", () => {
  const begins = [
    [0.8, "CRITICAL", "HIGH"],
    [0.6, "HIGH", "MEDIUM"],
    [0.4, "MEDIUM", "LOW"],
  ] as const;
  for (const [score, level, below] of begins) {
    assert.equal(bandOf(score, shipped), level);
    assert.equal(bandOf(score - 1e-12, shipped), below);
  }
  assert.equal(bandOf(0, shipped), "LOW");
  assert.equal(bandOf(1, shipped), "CRITICAL");
});
