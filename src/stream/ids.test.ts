import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ingestId, mintId, traceOf } from "./ids.ts";

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}$/;
const layout = (id: string) => {
  const found = form.exec(id);
  assert.ok(found, `${id} is not a UUID`);
  return { version: found[1], variant: found[2] };
};

/** RFC 9562: the custom bits are those of the hash, version and variant are laid over them. */
const byBits = (text: string): string => {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [0, 8, 12, 16, 20].map((at, i) => hex.slice(at, [8, 12, 16, 20, 32][i])).join("-");
};

test("given maker, cause and ordinal, then the id is a UUIDv8 of their SHA-256", () => {
  for (let i = 0; i < 300; i++) {
    const id = mintId("assess", `cause-${i}`, i % 5);
    assert.equal(id, byBits(`assess\ncause-${i}\n${i % 5}`));
    assert.equal(layout(id).version, "8");
  }
});

test("given the same cause, then the same id; another maker, cause or ordinal, then not", () => {
  const id = mintId("a", "c", 0);
  assert.equal(mintId("a", "c", 0), id);
  const others = [mintId("b", "c", 0), mintId("a", "d", 0), mintId("a", "c", 1)];
  assert.equal(new Set([id, ...others]).size, 4);
});

test("given a time, then the ingest id is a UUIDv7 that bears it and sorts by it", () => {
  // The time of the example in RFC 9562, appendix A.6.
  const time = 0x017f22e279b0;
  const id = ingestId(time);
  assert.equal(id.slice(0, 14), "017f22e2-79b0-");
  assert.equal(layout(id).version, "7");
  assert.match(layout(id).variant, /[89ab]/);
  assert.notEqual(ingestId(time), id);
  assert.ok(ingestId(time + 1) > id);
  const variants = new Set(Array.from({ length: 200 }, () => layout(ingestId(time)).variant));
  assert.deepEqual([...variants].sort(), ["8", "9", "a", "b"]);
});

test("given an id, then its trace is its 32 hex digits, or those of its hash", () => {
  assert.equal(traceOf("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), "017f22e279b07cc398c4dc0c0c07398f");
  assert.equal(
    traceOf("transactions-0-1"),
    createHash("sha256").update("transactions-0-1").digest("hex").slice(0, 32),
  );
});
