import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { AdminPort } from "../../src/stream/admin.ts";
import { changelogNames } from "../../src/stream/assignment.ts";
import { changelogTopic } from "../../src/stream/changelog.ts";
import { readHeader } from "../../src/stream/header.ts";
import { partitionKey } from "../../src/stream/partition.ts";
import type { Processor } from "../../src/stream/processor.ts";
import { restore } from "../../src/stream/restore.ts";
import { inSpace } from "../../src/stream/space.ts";
import { GroupOffsets } from "../../src/stream/wire/group-offsets.ts";
import { openWriter, type Writer } from "../../src/stream/writer.ts";
import { type LineTopics, line, lineTopics } from "./line.ts";
import type { WorkerOptions } from "./worker.ts";

const patienceMs = 240_000;

/** Waits until it is so; minutes in vain are an error, with what is told then. */
export const until = async (
  isSo: () => boolean | Promise<boolean>,
  tell: () => string = () => "",
): Promise<void> => {
  const before = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > before) throw new Error(`Waited for minutes in vain. ${tell()}`);
    await delay(20);
  }
};

export type Stored<T = unknown> = {
  partition: number;
  offset: number;
  key: string;
  value: T | null;
  id: string | undefined;
};

/** A worker process, what it said, and how it ended. */
export class Worker {
  readonly child: ChildProcess;
  readonly said: string[] = [];
  readonly ended: Promise<number | string>;

  readonly #options: WorkerOptions;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const script = join(import.meta.dirname, "worker.ts");
    const flags = ["--disable-warning=ExperimentalWarning"];
    this.child = spawn(process.execPath, [...flags, script, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, UV_THREADPOOL_SIZE: "10" },
    });
    if (this.child.stdout)
      createInterface(this.child.stdout).on("line", (text) => this.said.push(text));
    this.ended = once(this.child, "exit").then(([code, signal]) => signal ?? code);
  }
  /** Until it has said a line that begins so; throws when it ends before. */
  async hears(start: string): Promise<void> {
    const isSaid = () => this.said.some((text) => text.startsWith(start));
    await until(
      () => isSaid() || this.isOver,
      () => `Wanted "${start}", heard ${this.said}`,
    );
    if (!isSaid()) throw new Error(`A worker ended without "${start}": ${this.said.join("; ")}`);
  }
  /** What it was told, what it said, and how it ended. */
  get story(): string {
    const { exitCode, signalCode, pid } = this.child;
    const end = signalCode ?? exitCode ?? "alive";
    return `${this.#options.hop} (${pid}): ${[...this.said, end].join(", ")}`;
  }
  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
  /** Asks it to end with everything committed; its exit code, or the signal that killed it. */
  async stop(): Promise<number | string> {
    this.signal("SIGTERM");
    return this.ended;
  }
}

/** A line in a space of its own: topics, processes, and what stands committed. */
export class Line {
  readonly bootstrap: string;
  readonly space = `test${randomBytes(4).toString("hex")}`;
  readonly folder = mkdtempSync(join(tmpdir(), "line-test-"));
  readonly partitions: number;
  readonly replication: number;
  readonly topics: LineTopics;
  readonly admin: AdminPort;
  readonly workers: Worker[] = [];
  #writer: Writer | undefined;
  readonly #loading = new Set<Writer>();
  #sent = 0;
  readonly #offsets = new Map<string, GroupOffsets>();

  private constructor(bootstrap: string, partitions: number, replication: number) {
    this.bootstrap = bootstrap;
    this.partitions = partitions;
    this.replication = replication;
    this.topics = lineTopics(partitions);
    this.admin = AdminPort.open(bootstrap);
  }

  static async open(
    bootstrap: string,
    partitions = 2,
    runs: readonly string[] = [""],
    replication = 1,
  ) {
    const self = new Line(bootstrap, partitions, replication);
    for (const run of runs) await self.#create(run);
    return self;
  }

  async #create(run: string): Promise<void> {
    const topics = lineTopics(this.partitions, run);
    const { sum, mark } = line(topics, 0, run);
    const changelogs = [sum, mark].flatMap((of) =>
      changelogNames(of).map((name) => changelogTopic(name, this.partitions)),
    );
    await Promise.all(
      [...Object.values(topics), ...changelogs].map((topic) =>
        this.admin.create(inSpace(this.space, topic.name), topic as never, this.replication),
      ),
    );
  }

  start(options: Partial<WorkerOptions> = {}): Worker {
    const { bootstrap, space, folder, partitions } = this;
    const worker = new Worker({ bootstrap, space, folder, partitions, hop: "sum", ...options });
    this.workers.push(worker);
    return worker;
  }

  async writer(): Promise<Writer> {
    const { bootstrap, space } = this;
    return (this.#writer ??= await openWriter({ bootstrap, space, source: "test@1" }));
  }

  /**
   * Sends orders and profiles until it is stopped, ten and one every few milliseconds. Its client
   * is its own: one that idled while a broker hung may be lost for good.
   */
  async load(): Promise<{ stop: () => Promise<void>; sent: () => number }> {
    const { bootstrap, space } = this;
    const writer = await openWriter({ bootstrap, space, source: "test@1" });
    this.#loading.add(writer);
    const { orders, profiles } = this.topics;
    let isStopped = false;
    const send = async () => {
      while (!isStopped) {
        for (let n = 0; n < 10; n++, this.#sent++) {
          const order = { id: `o${this.#sent}`, n, at: 1e6 + this.#sent };
          await writer.send(orders, `k${this.#sent % 41}`, order);
        }
        const profile = { id: `p${this.#sent}`, at: 1e6 + this.#sent };
        await writer.send(profiles, `k${this.#sent % 41}`, profile);
        await delay(4);
      }
      await writer.flush();
      this.#loading.delete(writer);
      await writer.close();
    };
    const ended = send();
    const stop = () => {
      isStopped = true;
      return ended;
    };
    return { stop, sent: () => this.#sent };
  }

  /** Until the group has committed everything that its inputs hold. */
  async drained(of: Processor): Promise<void> {
    const names = of.reads.map((topic) => inSpace(this.space, topic.name));
    const parts = names.flatMap((topic) => this.#partsOf(topic));
    let behind: string[] = [];
    const offsets = this.#offsetsOf(inSpace(this.space, of.group));
    await until(
      async () => {
        const ends = await this.admin.endOffsets(parts);
        const committed = await offsets.read(parts).catch(() => []);
        const done = new Map(committed.map((p) => [partitionKey(p), p.offset]));
        const lagOf = (key: string) => (ends.get(key) ?? 0) - (done.get(key) ?? 0);
        behind = parts.map(partitionKey).filter((key) => lagOf(key) > 0);
        return behind.length === 0;
      },
      () => `Behind: ${behind}. ${this.workers.map((worker) => worker.story).join("; ")}`,
    );
  }

  /** A client that only asks what a group has committed. */
  #offsetsOf(group: string): GroupOffsets {
    const known = this.#offsets.get(group);
    if (known) return known;
    const opened = new GroupOffsets(this.bootstrap, group);
    this.#offsets.set(group, opened);
    return opened;
  }

  #partsOf(topic: string, partitions = this.partitions) {
    return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  /** Everything committed in a topic, in the order of each partition. */
  async read<T>(name: string, partitions = this.partitions): Promise<Stored<T>[]> {
    const all: Stored<T>[] = [];
    await restore({
      bootstrap: this.bootstrap,
      admin: this.admin,
      parts: this.#partsOf(inSpace(this.space, name), partitions).map((part) => ({
        ...part,
        apply: ({ partition, offset, key, value, headers }) => {
          const parsed = value === null ? null : JSON.parse(String(value));
          const { id } = readHeader(headers) ?? { id: undefined };
          all.push({ partition, offset, key: String(key), value: parsed, id });
        },
      })),
    });
    return all.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** The rows that a processor's changelogs hold, as `table partition key` with their bytes. */
  async rows(of: Processor): Promise<Map<string, Buffer>> {
    const rows = new Map<string, Buffer>();
    await restore({
      bootstrap: this.bootstrap,
      admin: this.admin,
      parts: changelogNames(of).flatMap((name) =>
        this.#partsOf(inSpace(this.space, name)).map((part) => ({
          ...part,
          apply: ({ key, value }) => {
            const place = `${name.replace(of.group, "")} ${part.partition} ${key}`;
            if (value === null) rows.delete(place);
            else rows.set(place, Buffer.from(value));
          },
        })),
      ),
    });
    return rows;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) if (!worker.isOver) worker.signal("SIGKILL");
    await Promise.all(this.workers.map((worker) => worker.ended));
    await this.#writer?.close();
    for (const writer of this.#loading) await writer.close();
    for (const each of this.#offsets.values()) each.close();
    this.admin.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One hash over rows in order of their place. */
export const hashOf = (rows: ReadonlyMap<string, Buffer>): string => {
  const hash = createHash("sha256");
  for (const [place, bytes] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${place}\n`).update(bytes);
  return hash.digest("hex");
};
