// Runs a program until it succeeds or fails, ending it when it takes too long: npm can stop without
// a word, and would then wait for ever. Each try gets longer than the one before, for a slow
// network. Plain JavaScript, for whatever Node runs npm.
// Usage: limited.mjs <seconds>,<seconds>… <program> …
import { spawnSync } from "node:child_process";

const [limits, program, ...args] = process.argv.slice(2);
for (const seconds of limits.split(",").map(Number)) {
  const options = { stdio: ["ignore", "inherit", "inherit"], timeout: seconds * 1000 };
  const { status, signal, error } = spawnSync(program, args, { ...options, killSignal: "SIGKILL" });
  if (error?.code !== "ETIMEDOUT") {
    if (error) console.error(error.message);
    process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
  }
  console.error(`${program} had not ended after ${seconds} s and was stopped.`);
}
process.exit(1);
