import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readModel } from "../../rules/scoring/model.ts";
import { type Predicted, predictOne } from "./predict.ts";
import { run } from "./test-command.ts";

const goldens = join(import.meta.dirname, "../../rules/scoring/goldens");
const folder = mkdtempSync(join(tmpdir(), "bellwether-test-"));
after(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const golden = (kind: string) =>
  JSON.parse(gunzipSync(readFileSync(join(goldens, `${kind}_3.4.1.json.gz`))).toString());
const predict = (...args: string[]) => run("model", "predict", ...args);

for (const kind of ["squarederror", "softprob", "softmax", "dart", "categorical", "poisson"])
  test(`given a model of kind ${kind}, its predictions are printed as JSON`, () => {
    const { model, rows, margin, prediction, contributions } = golden(kind);
    const ran = predict(
      write("m.json", model),
      "--json",
      "--rows",
      write("r.json", JSON.stringify(rows)),
    );
    assert.equal(ran.code, 0, ran.err);
    const said: Predicted[] = JSON.parse(ran.out);
    assert.deepEqual(
      said.map((one) => one.margin),
      margin,
    );
    const near = (ours: unknown, theirs: unknown, within: number): void => {
      const [a, b] = [ours, theirs].map((value) => [value].flat(2) as number[]);
      assert.equal(a.length, b.length);
      for (const [at, value] of a.entries())
        assert.ok(Math.abs(value - b[at]) <= within * Math.max(1, Math.abs(b[at])));
    };
    said.forEach((one, row) => {
      near(one.prediction, prediction[row], 3e-7);
      near(one.contributions, contributions[row], kind === "squarederror" ? 1e-4 : 1e-5);
    });
  });

test("given no --json, a table names what moved each row most", () => {
  const { model } = golden("dart");
  const rows = write("r.json", "[[1,2,null,4,5]]");
  const ran = predict(write("m.json", model), "--rows", rows);
  assert.match(ran.out, /row +margin +prediction +moved most by\n.*\n +0 .* f\d [+-]\d/);
});

const text = golden("poisson").model as string;
const wrong: [string, string, string, RegExp, number][] = [
  ["a model cut off", text.slice(0, 900), "[]", /cannot be used: it is not complete JSON/, 4],
  ["an unknown objective", text.replace("count:poisson", "rank:ndcg"), "[]", /"rank:ndcg"/, 4],
  ["rows cut off", text, "[[1", /r\.json cannot be scored: it is not complete JSON/, 2],
  ["one row alone", text, "[1,2,3,4,5]", /row 0 is no array/, 2],
  ["a row too short", text, "[[1,2]]", /row 0 has 2 values, and the model has 5 features/, 2],
  ["a text", text, '[[1,2,3,4,"5"]]', /row 0, f4 is "5", no number that float32 holds/, 2],
  ["a number beyond float32", text, "[[1,2,3,4,1e39]]", /row 0, f4 is 1e\+39/, 2],
];
for (const [name, model, rows, says, code] of wrong)
  test(`given ${name}, it is refused in one sentence with the cure`, () => {
    const ran = predict(write("m.json", model), "--rows", write("r.json", rows), "--json");
    assert.equal(ran.code, code);
    assert.match(ran.err, says);
    assert.equal(ran.out, "");
    assert.equal(ran.err.trim().split("\n").length, 1, ran.err);
  });

test("given a count that grows beyond float32, the prediction is refused", () => {
  const file = JSON.parse(text);
  file.learner.learner_model_param.base_score = "[3e38]";
  const model = readModel(JSON.stringify(file), "big");
  const strong = { ...model, outputs: [{ ...model.outputs[0], base: 100 }] };
  assert.throws(() => predictOne(strong, new Float64Array(5), "big"), {
    code: "MODEL_WRONG",
    message: /^big cannot be used: it predicts Infinity for row 0\. /,
  });
});

test("given arguments that make no sense, it says how it is used", () => {
  for (const args of [[], ["m.json"], ["m.json", "--rows"], ["m.json", "--nope"]])
    assert.match(predict(...args).err, /Use: model predict/);
  assert.match(run("model", "dance").err, /no "model dance"/);
  const ran = predict(join(folder, "none.json"), "--rows", "r.json");
  assert.match(ran.err, /none\.json cannot be read/);
});
