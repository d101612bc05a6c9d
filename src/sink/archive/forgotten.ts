import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Contract } from "../../events/contract.ts";
import { ForgottenList, forgottenDigest } from "../forgotten-list.ts";
import { putFile } from "./file.ts";
import {
  customerOf,
  customersIn,
  type LogRecord,
  noteOf,
  readParquet,
  writeParquet,
} from "./parquet.ts";
import type { ArchiveFile } from "./place.ts";

/**
 * Who was erased, and when the broker took the tombstone (ms since 1970): nothing that came before
 * it may be archived or read as history again, though Kafka holds it for some days more. What comes
 * after belongs to somebody who came back.
 *
 * One empty file for each, named by a hash: several processes may add at once, and no id is kept.
 */
export class Forgotten {
  readonly #folder: string;
  readonly #space: string;
  #names = new Set<string>();
  readonly #list: ForgottenList;

  private constructor(folder: string, space: string) {
    this.#folder = join(folder, space, "_forgotten");
    this.#space = space;
    this.#list = new ForgottenList(space);
  }

  static async open(folder: string, space: string): Promise<Forgotten> {
    const forgotten = new Forgotten(folder, space);
    await forgotten.refresh();
    return forgotten;
  }

  /** Reads what other processes have added; true when there was something. */
  async refresh(): Promise<boolean> {
    const names = await readdir(this.#folder).catch((thrown) => {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw thrown;
    });
    const listed = names.filter((name) => /^[0-9a-f]{64}-\d+$/.test(name));
    if (listed.every((name) => this.#names.has(name))) return false;
    this.#names = new Set(listed);
    const until = new Map<string, number>();
    for (const name of listed) {
      const [digest, time] = name.split("-");
      until.set(digest, Math.max(until.get(digest) ?? 0, Number(time)));
    }
    this.#list.replace(until);
    return true;
  }

  async add(customer: string, appendTime: number): Promise<void> {
    const name = `${forgottenDigest(this.#space, customer)}-${appendTime}`;
    await putFile(join(this.#folder, name), Buffer.alloc(0));
    await this.refresh();
  }

  /** Whether what the broker took at this time about this customer must be gone. */
  covers(customer: string | null, appendTime: number): boolean {
    return customer !== null && appendTime <= this.#list.untilOf(customer);
  }

  /** Further tombstones of somebody who is forgotten say nothing but who it was. */
  coversRecord(topic: Contract<unknown>, record: LogRecord): boolean {
    if (this.#list.size === 0) return false;
    const { key, value, appendTime } = record;
    if (value === null && key !== null && this.#list.untilOf(key) > Number.NEGATIVE_INFINITY)
      return true;
    return this.covers(key, appendTime) || this.covers(customerOf(topic, record), appendTime);
  }
}

/**
 * Writes a file anew without those who must be forgotten, if it holds any; returns the number of
 * records taken out. Somebody who is added while it writes is taken out too, by whoever comes last.
 */
export const forgetIn = async (
  { path }: ArchiveFile,
  topic: Contract<unknown>,
  forgotten: Forgotten,
): Promise<number> => {
  let removed = 0;
  do {
    const about = await customersIn(path);
    const isGone = ({ customer, key, appendTime }: (typeof about)[number]) =>
      forgotten.covers(key, appendTime) || forgotten.covers(customer, appendTime);
    if (!about.some(isGone)) continue;
    const kept = (await readParquet(path)).filter((_, n) => !isGone(about[n]));
    await putFile(path, writeParquet(topic, kept, await noteOf(path)));
    removed += about.length - kept.length;
  } while (await forgotten.refresh());
  return removed;
};
