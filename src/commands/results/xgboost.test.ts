import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openXgboost } from "./xgboost.ts";

const { PATH, XDG_CACHE_HOME } = process.env;
const folder = mkdtempSync(join(tmpdir(), "xgboost-"));
after(() => {
  process.env.PATH = PATH;
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  rmSync(folder, { recursive: true });
});

test("given no Python, then it is said that only ours is measured", async () => {
  process.env.PATH = folder;
  process.env.XDG_CACHE_HOME = folder;
  const said: string[] = [];
  const found = await openXgboost((line) => said.push(line));
  assert.match(found.lack ?? "", /only ours was measured/);
  assert.match(said.at(-1) ?? "", /XGBoost cannot be run here \(.*python3.*\)/);
});
