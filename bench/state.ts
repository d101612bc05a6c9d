import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../src/config.ts";
import { failure } from "../src/errors.ts";
import { type PolicyDocument, policies, policyKey } from "../src/events/policy.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { history } from "../src/ingest/simulate/history.ts";
import { people } from "../src/ingest/simulate/people.ts";
import { modelShelf } from "../src/models.ts";
import { assess } from "../src/process/delinquency/assess.ts";
import { type CustomerRow, customerCodec } from "../src/process/delinquency/row.ts";
import { changelogNames } from "../src/stream/assignment.ts";
import { openDriver } from "../src/stream/driver.ts";
import { partitionOf } from "../src/stream/partition.ts";
import { inSpace } from "../src/stream/space.ts";
import { topic } from "../src/stream/topic.ts";
import { GroupOffsets } from "../src/stream/wire/group-offsets.ts";
import { openWriter } from "../src/stream/writer.ts";
import { type Bench, launcher, logFolder, measure } from "./context.ts";
import { partsOf } from "./drain.ts";
import {
  documentsFor,
  newSpace,
  prepareSpace,
  removeSpace,
  type Shelf,
  shelve,
} from "./line-setup.ts";
import { memoryOf } from "./memory.ts";
import { lastWords, startProgram, usageOf } from "./program.ts";

/** Real rows: what the line holds of simulated people after so many days. */
const models = { customers: 200, days: 90 };
const DAY_MS = 86_400_000;
const from = Date.UTC(2026, 0, 5);
const until = from + models.days * DAY_MS;
const pollMs = 100;
const restoreMaxMs = 600_000;

/** The bytes of rows as the line makes them. */
const makeRows = (shelf: Shelf): Buffer[] => {
  const processor = assess(modelShelf([shelf.folder]));
  const driver = openDriver({ processors: [processor], partitions: 1, keepsOutputs: false });
  for (const document of documentsFor(shelf, 15))
    driver.feed(policies, policyKey(document), document as PolicyDocument);
  const inputs = new Map(processor.reads.map((input) => [input.name, input]));
  const lives = people(1, models.customers);
  for (const { topic: of, key, value, time, id } of history(1, lives, from, until)) {
    const input = inputs.get(of.name);
    if (input) driver.feed(input, key, value, { time, id });
  }
  return lives.flatMap(({ customer_id }) => {
    const row = driver.row(processor.name, "customer", customer_id);
    return row ? [Buffer.from(customerCodec.seal(row as CustomerRow))] : [];
  });
};

const changelog = (shelf: Shelf) => {
  const [name] = changelogNames(assess(modelShelf([shelf.folder])));
  const write = (bytes: Buffer) => bytes;
  return topic<Buffer>(name, { read: write, write, envelope: false, compacted: true });
};

/** One record of the changelog for each customer, as compaction leaves them. */
const fill = async (bench: Bench, space: string, shelf: Shelf, customers: number) => {
  const rows = makeRows(shelf);
  const log = changelog(shelf);
  const writer = await openWriter({ bootstrap: bench.bootstrap, space, source: "bench@1" });
  let bytes = 0;
  for (let n = 0; n < customers; n++) {
    const row = rows[n % rows.length];
    const key = `CUST-${String(n).padStart(9, "0")}`;
    const partition = partitionOf(Buffer.from(key), log.partitions);
    await writer.send(log, key, row, { partition, time: until });
    bytes += row.length;
  }
  // One event in each partition: what is done first after a restore.
  for (let partition = 0; partition < transactionsStream.partitions; partition++) {
    const customer = `NEW-${partition}`;
    const value = {
      ...transactionsStream.example,
      customer_id: customer,
      transaction_id: customer,
      txn_time: new Date(until).toISOString(),
    };
    await writer.send(transactionsStream, customer, value, { partition, time: until });
  }
  await writer.flush();
  await writer.close();
  return customers === 0 ? 0 : bytes / customers;
};

/** What the broker keeps of a topic on disk, MB; null for a broker that is not ours. */
const megabytesOf = (name: string): number | null => {
  const logs = join(root, ".bellwether", "bench-kafka", "log");
  try {
    const folders = readdirSync(logs).filter((each) => each.startsWith(`${name}-`));
    const files = folders.flatMap((each) =>
      readdirSync(join(logs, each))
        .filter((file) => file.endsWith(".log"))
        .map((file) => join(logs, each, file)),
    );
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    return folders.length === 0 ? null : bytes / 1_048_576;
  } catch {
    return null;
  }
};

/** Starts assess, and waits until its rows are restored and each partition's event committed. */
const restored = async (bench: Bench, space: string) => {
  const { bootstrap, pins, folder, signal } = bench;
  const group = inSpace(space, "feature-processor-group");
  const parts = partsOf(inSpace(space, transactionsStream.name), transactionsStream.partitions);
  const watcher = new GroupOffsets(bootstrap, group);
  const began = performance.now();
  const program = startProgram({
    name: "run feature-processor",
    file: launcher,
    args: ["run", "feature-processor"],
    cpus: pins.one,
    env: {
      KAFKA_BOOTSTRAP_SERVERS: bootstrap,
      SPACE: space,
      DATA_FOLDER: join(folder, "state"),
      MODELS_FOLDER: join(folder, "models"),
      NODE_OPTIONS: "--max-old-space-size=8192",
    },
    log: join(logFolder, "bench-state.log"),
  });
  try {
    for (let done = false; !done; ) {
      await delay(pollMs, undefined, { signal });
      const committed = await watcher.read(parts).catch(() => []);
      done = committed.length === parts.length && committed.every(({ offset }) => offset > 0);
      if (program.hasEnded() || performance.now() - began > restoreMaxMs)
        throw failure("FAILED", `It did not restore its state: ${lastWords(program)}`);
    }
    const seconds = (performance.now() - began) / 1_000;
    const { cpuS, maxRssMb } = usageOf(program.pid);
    return { seconds, cpuS, maxRssMb, memoryMb: memoryOf(program.pid) };
  } finally {
    await program.stop();
    watcher.close();
  }
};

type Restored = Awaited<ReturnType<typeof restored>> & { rowBytes: number; diskMb: number | null };

const restoreOf = async (bench: Bench, shelf: Shelf, customers: number): Promise<Restored> => {
  const space = newSpace();
  await prepareSpace(bench.bootstrap, space, shelf, 15);
  try {
    const rowBytes = await fill(bench, space, shelf, customers);
    const diskMb = megabytesOf(inSpace(space, changelog(shelf).name));
    return { ...(await restored(bench, space)), rowBytes, diskMb };
  } finally {
    await removeSpace(bench.bootstrap, space);
  }
};

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 10) / 10;

/**
 * A million customers in state: from the start of assess until it has read all their rows and
 * committed an event, and what they take in memory and in the changelog. An empty start is taken
 * off, so that what remains is the rows'.
 */
export const measureState = async (bench: Bench): Promise<void> => {
  const shelf = shelve(bench.folder);
  const customers = bench.quick ? 20_000 : 1_000_000;
  const what = `${customers.toLocaleString("en-US")} customers`;
  for (let round = 1; round <= bench.rounds; round++)
    await measure(bench, { section: "state", what, who: "Bellwether", round }, async () => {
      const empty = await restoreOf(bench, shelf, 0);
      const full = await restoreOf(bench, shelf, customers);
      const ownMb = full.memoryMb - empty.memoryMb;
      return {
        customers,
        row_bytes: rounded(full.rowBytes),
        changelog_mb: rounded(full.diskMb),
        empty_start_s: rounded(empty.seconds),
        restore_s: rounded(full.seconds - empty.seconds),
        cpu_s: rounded(full.cpuS),
        memory_mb: Math.round(full.memoryMb),
        max_rss_mb: Math.round(full.maxRssMb),
        bytes_per_customer: Math.round((ownMb * 1_048_576) / customers),
        ten_times_memory_mb: Math.round(empty.memoryMb + 10 * ownMb),
        ten_times_restore_s: rounded(10 * (full.seconds - empty.seconds)),
      };
    });
};
