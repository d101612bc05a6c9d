import assert from "node:assert/strict";
import { test } from "node:test";
import { help, takeSettings } from "./cli.ts";
import { envName, flagName, type SettingName, settings } from "./config.ts";

test("given settings among arguments, then they are taken out, in both spellings", () => {
  const { flags, rest } = takeSettings(["a", "--space", "berka", "--once", "--port=1", "b=c"]);
  assert.deepEqual(flags, { space: "berka", port: "1" });
  assert.deepEqual(rest, ["a", "--once", "b=c"]);
});

test("given a value with an equals sign, then it is kept whole", () => {
  const { flags } = takeSettings(["--database-url=postgres://h/d?a=b"]);
  assert.equal(flags.databaseUrl, "postgres://h/d?a=b");
});

test("given a setting without its value, then it is refused", () => {
  assert.throws(() => takeSettings(["--space"]), { code: "ARGUMENT_WRONG" });
});

test("help names every setting, and shows no secret", () => {
  const text = help();
  for (const name of Object.keys(settings) as SettingName[]) {
    assert.ok(text.includes(`${flagName(name)}, ${envName(name)} `), name);
  }
  assert.doesNotMatch(text, /password \(/);
});
