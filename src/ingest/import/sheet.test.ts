import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readSheet, rowsOf, type Sheet } from "./sheet.ts";
import { reportLines, Tally } from "./tally.ts";

const sheet = (text: string): Sheet => ({ file: "some.asc", sha256: "00", text });
const read = (text: string, columns = ["a", "b"]) => {
  const tally = new Tally("some.asc", "00", "a test");
  const rows = [...rowsOf(sheet(text), columns, tally)];
  return { rows, report: tally.report };
};

test("given quoted and plain cells, LF and CRLF, then cells come by column name", () => {
  const { rows } = read('"a";"b"\r\n1;" "\r\n2;""\n3;x\n\n4;y');
  assert.deepEqual(rows, [
    { line: 2, cells: { a: "1", b: " " } },
    { line: 3, cells: { a: "2", b: "" } },
    { line: 4, cells: { a: "3", b: "x" } },
    { line: 6, cells: { a: "4", b: "y" } },
  ]);
});

test("given a semicolon or a doubled quote inside quotes, then it belongs to the cell", () => {
  const { rows } = read('a;b\n"1;2";"say ""x"""\n');
  assert.deepEqual(rows[0].cells, { a: "1;2", b: 'say "x"' });
});

test("given an open quote, then its own line is refused and the next one is read", () => {
  const { rows, report } = read('a;b\n"1;2\n3;4\n');
  assert.deepEqual(
    rows.map((row) => row.cells.a),
    ["3"],
  );
  assert.deepEqual(report.refused, { quotes_do_not_match: { count: 1, first_lines: [2] } });
  assert.equal(report.read, 2);
});

test("given too few or too many cells, then the row is refused with its line", () => {
  const { rows, report } = read("a;b\n1\n1;2;3\n1;2\n");
  assert.equal(rows.length, 1);
  assert.deepEqual(report.refused.wrong_number_of_columns, { count: 2, first_lines: [2, 3] });
});

test("given columns in another order and one more, then they are found by name", () => {
  const { rows } = read("b;c;a\n1;2;3\n");
  assert.deepEqual(rows[0].cells, { b: "1", c: "2", a: "3" });
});

test("given a header without a column or no header at all, then the file is named", () => {
  assert.throws(() => read("a;c\n1;2\n"), /some\.asc has no column b/);
  assert.throws(() => read(""), /some\.asc has no column a, b/);
});

test("given more refused rows than are kept, then five lines are named and all counted", () => {
  const { report } = read(`a;b\n${"1\n".repeat(9)}`);
  assert.deepEqual(report.refused.wrong_number_of_columns, {
    count: 9,
    first_lines: [2, 3, 4, 5, 6],
  });
  assert.equal(
    reportLines([report])[0],
    "some.asc: 9 rows read, 0 accepted, refused: 9 wrong_number_of_columns " +
      "(first on lines 2, 3, 4, 5, 6), used for a test",
  );
});

test("given a gzip file in latin-1, then it is unpacked; a cut one is said to be cut", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sheet-"));
  try {
    const packed = gzipSync(Buffer.from("a;b\n1;P\xf8\xedjem\n", "latin1"));
    await writeFile(join(folder, "x.asc.gz"), packed);
    const whole = await readSheet(join(folder, "x.asc.gz"));
    assert.equal(whole.text, "a;b\n1;P\xf8\xedjem\n");
    assert.match(whole.sha256, /^[0-9a-f]{64}$/);
    await writeFile(join(folder, "y.asc.gz"), packed.subarray(0, 20));
    await assert.rejects(readSheet(join(folder, "y.asc.gz")), /y\.asc\.gz cannot be read to its/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
