import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readFolder } from "./folder.ts";
import { timeline } from "./timeline.ts";

const data = process.env.BELLWETHER_DATA;

test("given a folder without the sheets, then what is missing is named with the cure", async () => {
  const folder = await mkdtemp(join(tmpdir(), "berka-"));
  try {
    await assert.rejects(readFolder(folder), /has no file trans\*\.asc.*PKDD'99/);
    await writeFile(join(folder, "trans.asc"), "x");
    await assert.rejects(readFolder(folder), /has no file client\.asc/);
    await assert.rejects(readFolder(join(folder, "none")), /cannot be read/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("given the bank's own files, then every row is accounted for", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const { book, loans, reports } = await readFolder(join(data as string, "berka"));
  const counts = Object.fromEntries(
    reports.map((report) => [report.file, [report.read, report.accepted]]),
  );
  assert.deepEqual(counts, {
    "trans_1993_1994.asc.gz": [49_102, 49_102],
    "trans_before_loan_1995_1998.csv.gz": [15_228, 15_228],
    "client.asc": [5_369, 5_369],
    "account.asc": [4_500, 4_500],
    "disp.asc": [5_369, 5_369],
    "loan.asc": [505, 505],
    "order.asc": [6_471, 6_471],
    "card.asc": [892, 892],
    "district.asc": [77, 77],
  });
  assert.equal(loans.length, 505);
  assert.equal(loans.filter((loan) => loan.scorable).length, 215);
  assert.equal(loans.filter((loan) => loan.scorable && loan.bad).length, 20);
  assertBalancesChain(book);
  assertTimeline(book);
  const notes = reports.flatMap((report) => Object.keys(report.notes));
  assert.ok(!notes.includes("operation_unknown") && !notes.includes("symbol_unknown"));
  const broken = reports[0].notes;
  assert.equal(broken.ordered_by_trans_id.count + broken.balance_before_missing.count, 28);
});

type Book = Awaited<ReturnType<typeof readFolder>>["book"];

/** All but the 28 accounts whose interest of 1994-03-31 the file leaves out. */
const assertBalancesChain = (book: Book): void => {
  const balances = new Map<number, number>();
  let off = 0;
  let rows = 0;
  for (const placed of book.placed.values())
    for (const { row } of placed) {
      const before = balances.get(row.account_id) ?? 0;
      if (Math.abs(before + row.signed_minor - row.balance_minor) > 10) off++;
      balances.set(row.account_id, row.balance_minor);
      rows++;
    }
  assert.equal(rows, 64_330);
  assert.equal(off, 28);
};

const assertTimeline = (book: Book): void => {
  const counts = new Map<string, number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const event of timeline(book)) {
    const { name } = event.topic;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    assert.ok(event.at >= last, event.origin);
    last = event.at;
    event.topic.read(event.topic.write(event.value));
  }
  assert.equal(counts.get("transactions-stream"), 64_330);
  assert.equal(counts.get("outcomes"), 505);
  assert.equal(counts.get("ticks"), 2_191);
};
