import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { root } from "../src/config.ts";

/** For checkouts and programs of a file's own, with a blank in its name; removed after the file. */
export const base = mkdtempSync(join(tmpdir(), "launcher test-"));
after(() => rmSync(base, { recursive: true }));

/** A program of our own: a script of the shell. Returns its folder, for the path. */
export const fake = (folder: string, name: string, script: string): string => {
  const file = join(base, folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return dirname(file);
};

/** The system's own programs, without Node, npm, Java and Maven. */
export const plain = join(base, "programs");
mkdirSync(plain);
const files = ["mkdir", "rm", "mv", "cp", "chmod", "touch", "ln", "cat", "tail", "readlink"];
for (const program of ["sh", "uname", "cksum", "sed", "sleep", "id", ...files]) {
  const { stdout } = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
  symlinkSync(stdout.trim(), join(plain, program));
}

/** A checkout in a folder with a blank in its name, with what `parts` names of ours. */
export const checkout = (name: string, parts: string[]): string => {
  const folder = join(base, name);
  mkdirSync(join(folder, ".bellwether"), { recursive: true });
  for (const part of ["bellwether", "src", "tools", "package.json", "package-lock.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  for (const part of parts) symlinkSync(join(root, part), join(folder, part));
  return folder;
};

export const run = (
  program: string,
  args: string[],
  path = process.env.PATH ?? "",
  cwd = base,
  more: Record<string, string> = {},
) => {
  const env = { PATH: path, HOME: base, ...more };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env, cwd });
  return { status, stdout, stderr };
};
