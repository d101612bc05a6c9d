import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Archive } from "../src/sink/archive/archive.ts";
import { readParquet } from "../src/sink/archive/parquet.ts";
import { listFiles, topicFolder } from "../src/sink/archive/place.ts";
import { archiveLog, logEnds, logOptions, logTopics } from "./archive-log.ts";

/** A Python with pyarrow; `PYTHON` names another than python3. */
const python = process.env.PYTHON ?? "python3";
const hasArrow = (): boolean => {
  try {
    execFileSync(python, ["-c", "import pyarrow.parquet"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const program = [
  "import base64, json, sys",
  "import pyarrow.parquet as parquet",
  "def plain(cell):",
  "    if isinstance(cell, bytes):",
  "        return base64.b64encode(cell).decode()",
  '    return cell.timestamp() * 1000 if hasattr(cell, "timestamp") else cell',
  "for path in sys.argv[1:]:",
  "    rows = parquet.read_table(path).to_pylist()",
  "    print(json.dumps([{k: plain(v) for k, v in row.items()} for row in rows]))",
].join("\n");

const folder = mkdtempSync(join(tmpdir(), "bellwether-arrow-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = hasArrow() ? false : `${python} has no pyarrow: pip install pyarrow`;
test("given another reader of Parquet, then it reads what ours reads", { skip }, async () => {
  const log = archiveLog(31);
  const archive = await Archive.open(logOptions(folder));
  await archive.startAt();
  await archive.handle(log);
  await archive.handle([], logEnds(log));
  await archive.closeOver();
  let amounts = 0;
  for (const { name } of logTopics) {
    const paths = (await listFiles(topicFolder(folder, "test", name))).map(({ path }) => path);
    const said = execFileSync(python, ["-c", program, ...paths], { maxBuffer: 1e8 });
    const tables = said.toString().trim().split("\n");
    for (const [n, path] of paths.entries()) {
      const theirs: Record<string, unknown>[] = JSON.parse(tables[n]);
      const ours = await readParquet(path);
      assert.deepEqual(
        theirs.map(({ offset, key, value, append_time }) => [offset, key, value, append_time]),
        ours.map(({ offset, key, value, appendTime }) => [
          offset,
          key,
          value === null ? null : value.toString("base64"),
          appendTime,
        ]),
      );
      for (const { amount_minor } of theirs) if (typeof amount_minor === "number") amounts++;
    }
  }
  assert.ok(amounts > 100, "amounts are decoded");
});
