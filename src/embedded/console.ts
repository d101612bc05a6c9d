import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../config.ts";
import { waitForLock } from "../stream/lock.ts";
import { runStep } from "./step.ts";
import type { Say } from "./supervise.ts";

/** Where the console is built to, and the API finds it. */
export const consoleFolder = join(root, "web", "dist");
const installFolder = join(root, ".bellwether");
const stamp = join(consoleFolder, ".built-from");

/** Everything that the built console depends on. */
const sources = (): string[] => [
  "package-lock.json",
  ...globSync("web/**/*.*", {
    cwd: root,
    exclude: (path) => /^web\/dist(\.draft)?$/.test(path),
  }).sort(),
];

const fingerprint = (): string => {
  const sum = createHash("sha256");
  for (const path of sources()) sum.update(`${path}\n`).update(readFileSync(join(root, path)));
  return sum.digest("hex");
};

const isBuiltFrom = (wanted: string): boolean =>
  existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;

/** Builds the console where its sources have changed since. Throws SETUP_FAILED. */
export const buildConsole = async (say: Say): Promise<void> => {
  const wanted = fingerprint();
  if (isBuiltFrom(wanted)) return;
  const lock = await waitForLock(installFolder, "console", say);
  try {
    if (isBuiltFrom(wanted)) return;
    // Beside it and then moved, so that an API that starts meanwhile never reads half of it.
    const draft = `${consoleFolder}.draft`;
    const vite = [join(root, "node_modules/vite/bin/vite.js"), "build", "web"];
    const options = ["--config", "web/vite.config.ts", "--outDir", draft, "-l", "warn"];
    await runStep({
      title: "Building the console",
      file: process.execPath,
      args: [...vite, "--emptyOutDir", ...options],
      cwd: root,
      env: { ...process.env, NODE_ENV: "production" },
      log: join(installFolder, "log", "console.log"),
      limits: [3, 10],
      say,
    });
    writeFileSync(join(draft, ".built-from"), wanted);
    rmSync(consoleFolder, { recursive: true, force: true });
    renameSync(draft, consoleFolder);
  } finally {
    lock.release();
  }
};
