import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../config.ts";
import { installedChromium } from "../embedded/chromium.ts";
import { failure } from "../errors.ts";
import { say } from "./command.ts";

/** Settings of the `up` that screens are tested on. */
export const consoleSettings = { SIMULATED_CUSTOMERS: "300", SIMULATED_HISTORY_DAYS: "60" };

const startMaxMs = 10 * 60_000;
const fewRecords = 50;

/** Whether the history is told and worked on; the first that `up` says of lag is of before. */
const isWorkedOn = (told: string): boolean => {
  const present = told.indexOf("History told");
  const lags = [...told.slice(present).matchAll(/lag [\d.]+ s \(([\d,]+) records\)/g)];
  const last = Number(lags.at(-1)?.[1].replaceAll(",", ""));
  return present >= 0 && lags.length >= 3 && last <= fewRecords;
};

/** Resolves with the console's address once all is shown. Throws FAILED when that fails. */
const ready = (up: ReturnType<typeof start>): Promise<string> =>
  new Promise((resolve, reject) => {
    let told = "";
    const fail = () => {
      clearTimeout(timer);
      reject(failure("FAILED", `up did not come to show the console:\n${told.slice(-2_000)}`));
    };
    const timer = setTimeout(fail, startMaxMs);
    up.once("exit", fail);
    const hear = (text: string) => {
      told = (told + text).slice(-100_000);
      const url = /The API answers at (\S+)/.exec(told)?.[1];
      if (url === undefined || !isWorkedOn(told)) return;
      clearTimeout(timer);
      up.off("exit", fail);
      resolve(url);
    };
    up.stdout.setEncoding("utf8").on("data", hear);
    up.stderr.setEncoding("utf8").on("data", hear);
  });

const start = (folder: string) =>
  spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "src/cli.ts"), "up"],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DATA_FOLDER: folder, PORT: "0", ...consoleSettings },
    },
  );

/**
 * Runs work beside an `up` with simulated people, which all tests of screens share, with a browser
 * installed where that can be done.
 */
export const withConsole = async (folder: string, work: () => Promise<void>): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  await installedChromium(join(folder, "chromium.log"), say);
  say("\nStarting a console for the tests");
  const up = start(folder);
  const ended = new Promise<void>((resolve) => up.once("exit", () => resolve()));
  try {
    process.env.BELLWETHER_CONSOLE_URL = await ready(up);
    process.env.BELLWETHER_CONSOLE_FOLDER = folder;
    await work();
  } finally {
    up.kill("SIGTERM");
    await ended;
  }
};
