import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runStep } from "./step.ts";
import type { Say } from "./supervise.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macPlaces = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser that tests of the console drive, where this machine has one. */
export const findChromium = (): string | undefined => {
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/bin");
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...places, ...macPlaces].find((place) => existsSync(place));
};

/** Installs it where that can be done: as root, on Debian. Answers undefined where it cannot. */
export const installedChromium = async (log: string, say: Say): Promise<string | undefined> => {
  const found = findChromium();
  if (found || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return found;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = { file: "/usr/bin/apt-get", env, say, log };
  await runStep({ ...apt, title: "Looking for packages", args: ["update", "-q"], limits: [3, 10] });
  await runStep({
    ...apt,
    title: "Installing Chromium, for tests of the console",
    args: ["install", "-q", "-y", "--no-install-recommends", "chromium"],
    limits: [10, 20],
  });
  return findChromium();
};
