import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder, Encoder } from "./bytes.ts";
import { joinRequest, readJoined, readOffsets, readSynced, syncRequest } from "./group-requests.ts";

const owned = [
  { topic: "a", partition: 2 },
  { topic: "a", partition: 0 },
  { topic: "b", partition: 1 },
];
const place = { group: "g", instance: undefined, memberId: "me", generation: 4 };
const bytesOf = (...pieces: (Buffer | number)[]): Buffer => {
  const body = new Encoder();
  for (const piece of pieces)
    if (typeof piece === "number") body.int32(piece);
    else body.raw(piece);
  return body.written;
};
const short = (value: number): Buffer => new Encoder().int16(value).written;
const old = (text: string): Buffer => new Encoder().oldText(text).written;

/** The tagged fields of newer brokers, which say nothing to us. */
const tagged = (into: Encoder): Encoder =>
  into.uvarint(2).uvarint(0).uvarint(3).raw(Buffer.from("abc")).uvarint(9).uvarint(0);

const joinedAnswer = (subscriptions: Record<string, Buffer>): Decoder => {
  const body = new Encoder().int32(0).int16(0).int32(7).text("consumer").text("cooperative-sticky");
  body.text("x").text("y");
  body.array(Object.entries(subscriptions), ([id, bytes]) =>
    tagged(body.text(id).text(null).bytes(bytes)),
  );
  return new Decoder(tagged(body).written);
};

test("given subscriptions of each version, then what all of them say is read", () => {
  const data = Buffer.from("the previous assignment");
  const topics = [1, old("a")];
  const parts = [1, old("a"), 2, 5, 6];
  const answer = readJoined(
    joinedAnswer({
      v0: bytesOf(short(0), ...topics, -1),
      v1: bytesOf(short(1), ...topics, data.length, data, ...parts),
      v3: bytesOf(short(3), ...topics, data.length, data, ...parts, 12, old("rack")),
    }),
  );
  assert.deepEqual([answer.generation, answer.leader, answer.memberId], [7, "x", "y"]);
  const both = [5, 6].map((partition) => ({ topic: "a", partition }));
  assert.deepEqual(answer.members, [
    { id: "v0", topics: ["a"], owned: [], generation: -1 },
    { id: "v1", topics: ["a"], owned: both, generation: -1 },
    { id: "v3", topics: ["a"], owned: both, generation: 12 },
  ]);
});

test("given a request to join, then its subscription is read as it was written", () => {
  const subscription = { topics: ["a", "b"], owned, generation: 3 };
  const times = { sessionMs: 1, rebalanceMaxMs: 2, timeoutMs: 3 };
  const { body } = joinRequest({ place, subscription, ...times });
  const from = new Decoder(Buffer.concat(body));
  assert.deepEqual([from.text(), from.int32(), from.int32(), from.text()], ["g", 1, 2, "me"]);
  assert.deepEqual([from.text(), from.text()], [null, "consumer"]);
  const [protocol] = from.array(() => [from.text(), from.block(), from.end()] as const);
  from.end();
  assert.equal(from.at, from.bytes.length);
  assert.equal(protocol[0], "cooperative-sticky");
  const [member] = readJoined(joinedAnswer({ me: protocol[1] })).members;
  assert.deepEqual(member, { id: "me", ...subscription });
});

test("given a leader's shares, then a member reads its own; no bytes are no partitions", () => {
  const { body } = syncRequest(place, new Map([["me", owned]]), 1);
  const from = new Decoder(Buffer.concat(body));
  assert.deepEqual([from.text(), from.int32(), from.text(), from.text()], ["g", 4, "me", null]);
  assert.deepEqual([from.text(), from.text()], ["consumer", "cooperative-sticky"]);
  const [share] = from.array(() => [from.text(), from.block(), from.end()] as const);
  assert.equal(share[0], "me");
  for (const [bytes, parts] of [
    [share[1], owned],
    [Buffer.alloc(0), []],
  ] as const) {
    const answer = new Encoder().int32(0).int16(0).text(null).text(null).bytes(bytes).end();
    assert.deepEqual(readSynced(new Decoder(answer.written)), { error: 0, parts });
  }
});

test("given offsets of which one is refused, then that error stands for all", () => {
  const body = new Encoder().int32(0);
  const errors = [0, 88, 0];
  body.array(["a"], (topic) => {
    body.text(topic).array(errors, (error) => {
      tagged(body.int32(error).int64(-1).int32(-1).text("").int16(error));
    });
    tagged(body);
  });
  body.int16(0).end();
  const { error, offsets } = readOffsets(new Decoder(body.written));
  assert.equal(error, 88);
  assert.deepEqual(offsets[1], { topic: "a", partition: 88, offset: -1 });
});
