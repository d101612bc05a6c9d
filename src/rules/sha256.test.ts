import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { randomOf } from "./random.ts";
import { sha256 } from "./sha256.ts";

test("given texts of every length around a block, then the hash is the platform's", () => {
  for (let length = 0; length < 200; length++) {
    const text = "añb".repeat(length).slice(0, length);
    assert.equal(sha256(text), hash("sha256", text, "hex"), `${length}`);
  }
});

test("given random texts, then the hash is the platform's", () => {
  const random = randomOf(1, "sha256");
  for (let n = 0; n < 200; n++) {
    const length = random.whole(0, 3_000);
    const codes = Array.from({ length }, () => random.whole(32, 0x7ff));
    const text = String.fromCharCode(...codes);
    assert.equal(sha256(text), hash("sha256", text, "hex"));
  }
});
