import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder } from "./bytes.ts";

test("given the id of a topic, then it reads as it is kept in tables and files", () => {
  const bytes = Buffer.from("fcc564659094476592932709fa22dcb2fbef", "hex");
  const from = new Decoder(bytes);
  assert.equal(from.uuid(), "/MVkZZCUR2WSkycJ+iLcsg");
  assert.equal(from.at, 16);
  assert.equal(new Decoder(bytes, 2).uuid(), "ZGWQlEdlkpMnCfoi3LL77w");
});
