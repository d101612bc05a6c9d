import assert from "node:assert/strict";
import { test } from "node:test";
import { type Header, headerName, parseHeader, readHeader, writeHeader } from "./header.ts";
import { seeded } from "./test-task.ts";

const header: Header = {
  id: "0192f3a0-0000-7000-8000-000000000001",
  type: "transaction",
  source: "importer@1.0.0",
  schema: "1",
  origin: "transactions-stream-3-42",
  eventTime: 757_382_400_123,
  ingestTime: 1_700_000_000_000,
  trace: "0af7651916cd43dd8448eb211c80319c",
};

test("given a header, when written and read, then it is the same", () => {
  assert.equal(
    writeHeader(header),
    "1|0192f3a0-0000-7000-8000-000000000001|transaction|importer@1.0.0|1|" +
      "transactions-stream-3-42|757382400123|1700000000000|0af7651916cd43dd8448eb211c80319c",
  );
  assert.deepEqual(parseHeader(writeHeader(header)), header);
  const raw: Record<string, Buffer>[] = [
    { other: Buffer.from("x") },
    { [headerName]: Buffer.from(writeHeader(header)) },
  ];
  assert.deepEqual(readHeader(raw), header);
});

test("given any text in the free fields, then the round trip keeps it", () => {
  const random = seeded(11);
  const signs = ["|", "%", "%7C", "a", "é", "🐑", " ", "\n", "1", "%%", "||", "\0"];
  const text = () =>
    Array.from(
      { length: Math.floor(random() * 6) },
      () => signs[Math.floor(random() * signs.length)],
    ).join("");
  for (let i = 0; i < 500; i++) {
    const any = { ...header, id: text(), type: text(), source: text(), origin: text() };
    assert.deepEqual(parseHeader(writeHeader(any)), any);
    assert.equal(writeHeader(any).includes("\0"), false);
  }
});

test("given another version, too few fields or wrong times, then there is no header", () => {
  const text = writeHeader(header);
  assert.equal(parseHeader(`2${text.slice(1)}`), undefined);
  assert.equal(parseHeader(text.slice(0, text.lastIndexOf("|"))), undefined);
  assert.equal(parseHeader(`${text}|more`), undefined);
  assert.equal(parseHeader(text.replace("757382400123", "soon")), undefined);
  assert.equal(parseHeader(text.replace("transaction", "%zz")), undefined);
  assert.equal(parseHeader(""), undefined);
  assert.equal(readHeader(undefined), undefined);
  assert.equal(readHeader([{ other: Buffer.from("x") }]), undefined);
});
