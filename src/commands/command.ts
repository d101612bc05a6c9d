import type { Config, SettingName } from "../config.ts";

/** What every command gets: the settings from flags, environment and `.env`. */
export type Context = {
  config: Config;
  /** Which of them somebody gave; the others have their defaults. */
  given?: ReadonlySet<SettingName>;
};

/**
 * A command: its arguments without the settings among them. Resolves with the exit code. Results
 * go to standard output, everything else to standard error; what goes wrong is thrown as a Failure.
 */
export type Command = (args: string[], context: Context) => Promise<number>;

/** Progress and notes, one line each. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** A line of the result. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
