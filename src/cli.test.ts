import assert from "node:assert/strict";
import { test } from "node:test";
import { commandNames, help, run, takeSettings } from "./cli.ts";
import { importConfig } from "./commands/up-import.ts";
import {
  envName,
  flagName,
  givenSettings,
  readConfig,
  type SettingName,
  settings,
} from "./config.ts";
import { Failure } from "./errors.ts";

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

test("given a flag that it does not know, then each command says so and exits with 2", async () => {
  assert.ok(commandNames.length > 20);
  for (const name of commandNames)
    await assert.rejects(run([name, "--no-such-flag"]), (thrown) => {
      assert.ok(thrown instanceof Failure, `${name}: ${thrown}`);
      assert.equal(thrown.exit, 2, name);
      assert.match(thrown.message, /^[^\n]*--no-such-flag[^\n]*\. [A-Z][^\n]+$/, name);
      return true;
    });
});

test("given a flag without its value, then the command's usage is the cure", async () => {
  await assert.rejects(run(["topics", "list", "--count"]), {
    code: "ARGUMENT_WRONG",
    message: /^Option '--count <value>' argument missing\. Use: \.\/bellwether topics create\|/,
  });
});

test("given settings by flag or environment, then it is known which somebody gave", () => {
  const given = givenSettings({ port: "1" }, { KAFKA_BROKER: "h:1", SPACE: "", DISORDER_MS: "0" });
  assert.deepEqual([...given].sort(), ["disorderMs", "kafkaBootstrapServers", "port"]);
});

test("given an import, then deadlines wait for stragglers only if somebody says how long", () => {
  const configOf = (flags: Record<string, string>, env: Record<string, string>) => {
    const context = { config: readConfig(flags, env), given: givenSettings(flags, env) };
    const { space, disorderMs } = importConfig(context, "uci-credit");
    return [space, disorderMs];
  };
  assert.deepEqual(configOf({}, {}), ["ucicredit", 0]);
  assert.deepEqual(configOf({ disorderMs: "500" }, {}), ["ucicredit", 500]);
  assert.deepEqual(configOf({ space: "mine" }, { DISORDER_MS: "700" }), ["mine", 700]);
});

const linux = { skip: process.platform !== "linux" && "Only Linux has such a folder" };

test("given a folder that nobody may write, then it is named with the cure", linux, async () => {
  await assert.rejects(
    run(["up", "--data-folder", "/sys/bellwether"]),
    ({ code, message }: Failure) =>
      code === "FILE_REFUSED" && /\/sys\/bellwether\S* .*DATA_FOLDER/.test(message),
  );
});
