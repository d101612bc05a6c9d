import { channel } from "node:diagnostics_channel";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Published at each step of writing a file; a test ends the process there. */
export const archiveStep = channel("bellwether.archive.step");
export type ArchiveStep = "begun" | "half" | "written" | "synced" | "renamed" | "done";

const step = (name: ArchiveStep): void => archiveStep.publish(name);

const draftOf = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}.draft`);

/**
 * Puts a file in its place, whole or not at all: under another name first, brought to the disk,
 * renamed, and the folder brought to the disk. Over an older one of its name it goes without a
 * moment at which there is neither.
 */
export const putFile = async (path: string, bytes: Buffer): Promise<void> => {
  const folder = dirname(path);
  const draft = draftOf(path);
  await mkdir(folder, { recursive: true });
  step("begun");
  const file = await open(draft, "w", 0o600);
  try {
    const half = bytes.length >> 1;
    await file.writeFile(bytes.subarray(0, half));
    step("half");
    await file.writeFile(bytes.subarray(half));
    step("written");
    await file.sync();
    step("synced");
  } finally {
    await file.close();
  }
  await rename(draft, path);
  step("renamed");
  await syncFolder(folder);
  step("done");
};

/** A new name is safe only once its folder is on the disk. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Removes drafts that a process which died has left in a topic's folder. */
export const sweepDrafts = async (folder: string): Promise<void> => {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const drafts = names.filter((name) => /(^|[/\\])\.[^/\\]+\.draft$/.test(name));
  await Promise.all(drafts.map((name) => rm(join(folder, name), { force: true })));
};
