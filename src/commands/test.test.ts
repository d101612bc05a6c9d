import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../config.ts";
import { chooseFiles, classOf } from "./test.ts";

const known = ["src/a.test.ts", "src/b/c.kafka.test.ts", "src/b/d.pg.test.ts", "test/e.test.ts"];
const choose = (...args: string[]) => chooseFiles(args, known, root);

test("given a file's name and place, then its class is told", () => {
  assert.deepEqual(known.map(classOf), ["unit", "kafka", "pg", "e2e"]);
  assert.equal(classOf("test/tidy.test.ts"), "unit");
  assert.equal(classOf("test/deep/x.kafka.test.ts"), "e2e");
});

test("given nothing, then everything is run, with types and style", () => {
  assert.deepEqual(choose(), { files: known, whole: true });
});

test("given a class, then its files alone are run", () => {
  assert.deepEqual(choose("pg"), { files: ["src/b/d.pg.test.ts"], whole: false });
});

test("given files and folders, then they are, relative to the caller", () => {
  assert.deepEqual(choose("src/b", "src/b/c.kafka.test.ts").files, known.slice(1, 3));
  assert.deepEqual(choose("kafka", "src/b").files, ["src/b/c.kafka.test.ts"]);
  const elsewhere = chooseFiles(["../a.test.ts"], known, join(root, "src", "b"));
  assert.deepEqual(elsewhere.files, ["src/a.test.ts"]);
});

test("given what is no test, then it is refused with the cure", () => {
  for (const args of [["src/none.test.ts"], ["unit", "src/b"]])
    assert.throws(() => choose(...args), { code: "ARGUMENT_WRONG", exit: 2 });
  assert.throws(() => choose("every"), /There is no test in "every"/);
});
