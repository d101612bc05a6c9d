// Runs a program until it succeeds or fails, ending it when it takes too long: npm can stop without
// a word, and would then wait for ever. Each try gets longer than the one before, for a slow
// network. What it prints goes to the log; that it goes on is said meanwhile. Plain JavaScript, for
// whatever Node runs npm.
// Usage: limited.mjs <seconds>,<seconds>… <log> <title> <program> …
import { spawn } from "node:child_process";
import { openSync } from "node:fs";

const [limits, log, title, program, ...args] = process.argv.slice(2);
const output = openSync(log, "w");
const sayEveryS = 15;

/** On a terminal a line that counts the seconds, elsewhere one line now and then. */
const progress = (limitS) => {
  const since = performance.now();
  const text = () => `${title} … ${Math.round((performance.now() - since) / 1_000)} s`;
  const { isTTY } = process.stderr;
  const show = () => process.stderr.write(isTTY ? `\r${text()} ` : `${text()}\n`);
  if (isTTY) show();
  else process.stderr.write(`${title} …\n`);
  const timer = setInterval(show, isTTY ? 1_000 : Math.min(sayEveryS, limitS / 4) * 1_000);
  return () => {
    clearInterval(timer);
    if (isTTY) process.stderr.write("\r\x1b[K");
  };
};

/** The exit code, or undefined past the limit. */
const runOnce = (limitS) =>
  new Promise((resolve) => {
    const done = progress(limitS);
    const child = spawn(program, args, { stdio: ["ignore", output, output] });
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      child.kill("SIGKILL");
    }, limitS * 1_000);
    const end = (code) => {
      clearTimeout(timer);
      done();
      resolve(overdue ? undefined : code);
    };
    child.once("error", ({ message }) => {
      console.error(message);
      end(1);
    });
    child.once("exit", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 1)));
  });

for (const seconds of limits.split(",").map(Number)) {
  const code = await runOnce(seconds);
  if (code !== undefined) process.exit(code);
  console.error(`${program} had not ended after ${seconds} s and was stopped.`);
}
process.exit(1);
