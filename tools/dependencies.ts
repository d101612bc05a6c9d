import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { runStep } from "../src/embedded/step.ts";
import { Failure, sentenceOf } from "../src/errors.ts";
import { waitForLock } from "../src/stream/lock.ts";

/**
 * Run by the launcher, before anything from node_modules may be imported: installs what the lock
 * file names and the native parts. The stamp, computed by the launcher from the lock file and
 * Node's version, is written last, into node_modules itself: it goes when they go.
 */
const root = dirname(import.meta.dirname);
const installFolder = join(root, ".bellwether");
const stampFile = join(root, "node_modules", ".bellwether");
const say = (line: string) => process.stderr.write(`${line}\n`);

const current = (): string | undefined => {
  try {
    return readFileSync(stampFile, "utf8").trim();
  } catch {
    return undefined;
  }
};

/**
 * npm runs under our Node, which comes first on the path. Its headers are named, because a user's
 * npmrc may point `nodedir` at those of another Node, and the build would load nowhere.
 */
const npmEnvironment = () => {
  const programs = dirname(process.execPath);
  return {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env.PATH ?? ""}`,
    npm_config_nodedir: dirname(programs),
    BELLWETHER_SETUP: "1",
  };
};

const install = async (): Promise<void> => {
  rmSync(stampFile, { force: true });
  const quiet = ["--no-audit", "--no-fund", "--no-progress"];
  const log = (name: string) => join(installFolder, "log", name);
  const common = { file: "npm", cwd: root, env: npmEnvironment(), say };
  await runStep({
    ...common,
    title: "Installing dependencies from the lock file",
    args: ["ci", "--ignore-scripts", "--include=dev", "--include=optional", ...quiet],
    log: log("npm.log"),
    limits: [5, 15, 60],
  });
  await runStep({
    ...common,
    title: "Preparing the Kafka client (about a minute where it must be compiled)",
    args: ["run", "postinstall"],
    log: log("native.log"),
    limits: [15, 60],
  });
};

const wanted = process.argv[2];
try {
  const lock = await waitForLock(installFolder, "dependencies", say);
  if (current() !== wanted) {
    await install();
    writeFileSync(stampFile, `${wanted}\n`);
  }
  lock.release();
} catch (thrown) {
  say(sentenceOf(thrown));
  process.exit(thrown instanceof Failure ? thrown.exit : 1);
}
