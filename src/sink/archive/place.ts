import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * A file of the archive and what it answers for: every record of the partition from `first` to
 * `last`. Offsets inside that hold no record were markers of transactions, were compacted away, or
 * belonged to somebody who has been forgotten.
 */
export type ArchiveFile = {
  readonly path: string;
  readonly partition: number;
  readonly first: number;
  readonly last: number;
};
export type Range = { readonly first: number; readonly last: number };

const pattern = /^date=\d{4}-\d\d-\d\d\/hour=\d\d\/p(\d+)-(\d+)-(\d+)\.parquet$/;

/** The folder of a topic. */
export const topicFolder = (folder: string, space: string, topic: string): string =>
  join(folder, space, topic);

/** Where a file lies: by the hour in which the broker took its first record, ms since 1970. */
export const filePath = (
  of: string,
  partition: number,
  { first, last }: Range,
  appendTime: number,
): string => {
  const at = new Date(appendTime).toISOString();
  const hour = join(`date=${at.slice(0, 10)}`, `hour=${at.slice(11, 13)}`);
  return join(of, hour, `p${partition}-${first}-${last}.parquet`);
};

/** The files of a topic, by partition, then by offset. A folder that is not there has none. */
export const listFiles = async (of: string): Promise<ArchiveFile[]> => {
  const names = await readdir(of, { recursive: true }).catch((thrown) => {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  });
  const files = names.flatMap((name): ArchiveFile[] => {
    const [, partition, first, last] = pattern.exec(name.replaceAll("\\", "/")) ?? [];
    if (last === undefined) return [];
    return [{ path: join(of, name), partition: +partition, first: +first, last: +last }];
  });
  return files.sort((a, b) => a.partition - b.partition || a.first - b.first || b.last - a.last);
};

/** The partition's files. */
export const ofPartition = (files: readonly ArchiveFile[], partition: number): ArchiveFile[] =>
  files.filter((file) => file.partition === partition);

/** One stretch of a partition: a file's part of it, or offsets that no file answers for. */
export type Stretch = Range & { readonly file: ArchiveFile | undefined };

/**
 * A partition's offsets from `from` to the end of its files, each once, in order. Where two files
 * overlap, the second gives only what the first does not.
 */
export const stretches = (files: readonly ArchiveFile[], from: number): Stretch[] => {
  const found: Stretch[] = [];
  let next = from;
  for (const file of files) {
    if (file.last < next) continue;
    if (file.first > next) found.push({ first: next, last: file.first - 1, file: undefined });
    found.push({ first: Math.max(next, file.first), last: file.last, file });
    next = file.last + 1;
  }
  return found;
};

/** The first offset behind the partition's files; undefined where there are none. */
export const endOf = (files: readonly ArchiveFile[]): number | undefined =>
  files.length === 0 ? undefined : Math.max(...files.map(({ last }) => last)) + 1;
