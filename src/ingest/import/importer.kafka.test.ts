import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import {
  customerUpdates,
  importProgress,
  outcomes,
  ticks,
  transactionsStream,
} from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { readHeader } from "../../stream/header.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import { restore } from "../../stream/restore.ts";
import { inSpace } from "../../stream/space.ts";
import { berkaSource, readFolder } from "./berka/folder.ts";
import { importer } from "./importer.ts";
import { readSpace } from "./progress.ts";

const topics = [customerUpdates, outcomes, ticks, transactionsStream, importProgress];
const spaces: string[] = [];
const folder = await mkdtemp(join(tmpdir(), "import-"));
// Before the servers, so that the topics are removed while there still is a broker.
after(async () => {
  for (const space of spaces)
    for (const topic of topics) await admin.remove(inSpace(space, topic.name));
  admin.close();
  await rm(folder, { recursive: true });
});
const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);

const newSpace = async (): Promise<string> => {
  const space = `import${process.pid}x${spaces.length}`;
  spaces.push(space);
  for (const topic of topics) await admin.create(inSpace(space, topic.name), topic as never, 1);
  while (!(await haveLeaders(space)));
  return space;
};

/** New partitions answer only once they have a leader, shortly after they were made. */
const haveLeaders = (space: string): Promise<boolean> => {
  const parts = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({
      topic: inSpace(space, name),
      partition,
    })),
  );
  return admin.endOffsets(parts).then(
    () => true,
    () => false,
  );
};

const accounts = [1, 2, 3, 4, 5];

/** Five accounts with a deposit on each of 400 days of 1993 and 1994. */
const ledger = (): string => {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const day = new Date(Date.UTC(1993, 0, 1 + i)).toISOString().slice(2, 10).replaceAll("-", "");
    return accounts.map(
      (account) => `${i * 5 + account};${account};${day};"PRIJEM";"VKLAD";1.00;${i + 1}.00;"";;`,
    );
  });
  const columns = "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account";
  return [columns, ...rows.flat()].join("\n");
};

before(async () => {
  const sheets = {
    "client.asc": ["client_id;birth_number", ...accounts.map((id) => `${id};450204`)],
    "account.asc": ["account_id;date", ...accounts.map((id) => `${id};930101`)],
    "disp.asc": ["client_id;account_id;type", ...accounts.map((id) => `${id};${id};OWNER`)],
    "loan.asc": [
      "loan_id;account_id;date;amount;duration;payments;status",
      "7;1;930601;1200;12;100.00;B",
    ],
  };
  for (const [name, lines] of Object.entries(sheets))
    await writeFile(join(folder, name), `${lines.join("\n")}\n`);
  await writeFile(join(folder, "trans.asc"), ledger());
});

const source = async () => berkaSource(await readFolder(folder));
const never = new AbortController().signal;

/** Everything committed in a topic: `partition key value`, in the order of each partition. */
const committed = async (space: string, topic: { name: string; partitions: number }) => {
  const found: string[][] = Array.from({ length: topic.partitions }, () => []);
  const parts = found.map((list, partition) => ({
    topic: inSpace(space, topic.name),
    partition,
    apply: (m: { key: Buffer | null; value: Buffer | null }) => list.push(`${m.key} ${m.value}`),
  }));
  await restore({ bootstrap, admin, parts });
  return found;
};

const assertExactlyOnce = async (space: string): Promise<void> => {
  const whole = await source();
  for (const topic of [customerUpdates, outcomes, transactionsStream]) {
    const expected = [...whole.events()].flatMap((event) =>
      event.topic.name === topic.name ? [`${event.key} ${event.topic.write(event.value)}`] : [],
    );
    const found = await committed(space, topic);
    assert.deepEqual(found.flat().toSorted(), expected.toSorted(), topic.name);
    for (const list of found) {
      const keys = new Set(list.map((text) => text.split(" ")[0]));
      const order = expected.filter((text) => keys.has(text.split(" ")[0]));
      assert.deepEqual(list, order, `${topic.name} keeps the order within a partition`);
    }
  }
  const days = [...whole.events()].filter((event) => event.topic.name === "ticks").length;
  for (const list of await committed(space, ticks)) assert.equal(list.length, days);
};

const childCode = `
  const { berkaSource, readFolder } = await import(process.env.FOLDER_TS);
  const { importer } = await import(process.env.IMPORTER_TS);
  const source = berkaSource(await readFolder(process.env.FOLDER));
  await importer(source, {
    bootstrap: process.env.BOOTSTRAP,
    space: process.env.SPACE_NAME,
    commitRecords: 100,
    progress: (written) => console.log("written " + written),
  }).run(new AbortController().signal);
`;

const startChild = (space: string): ChildProcess =>
  spawn(process.execPath, ["--input-type=module", "-e", childCode], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      FOLDER_TS: import.meta.resolve("./berka/folder.ts"),
      IMPORTER_TS: import.meta.resolve("./importer.ts"),
      FOLDER: folder,
      BOOTSTRAP: bootstrap,
      SPACE_NAME: space,
    },
  });

/** Kills a child's import with -9 once it has committed so many times. */
const killAfter = async (space: string, commits: number): Promise<void> => {
  const child = startChild(space);
  const exited = once(child, "exit");
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout! }))
    if (++seen === commits) child.kill("SIGKILL");
  await exited;
  assert.equal(child.signalCode, "SIGKILL");
};

test("given an import killed twice, when it goes on, then each row is there once", async () => {
  const space = await newSpace();
  await killAfter(space, 3);
  await killAfter(space, 4);
  const { progress } = await readSpace(bootstrap, space);
  const whole = await source();
  const before = progress.get(whole.sha256)?.rows_done ?? 0;
  assert.ok(before >= 700, `${before} records were committed before`);
  const result = await importer(whole, { bootstrap, space }).run(never);
  assert.equal(result.state, "done");
  assert.equal(result.position - result.written, before);
  await assertExactlyOnce(space);
});

test("given a finished import, when it runs again, then nothing is written twice", async () => {
  const space = await newSpace();
  const first = await importer(await source(), { bootstrap, space }).run(never);
  const again = await importer(await source(), { bootstrap, space }).run(never);
  assert.deepEqual(again, { state: "already", position: first.position, written: 0 });
  await assertExactlyOnce(space);
  const { progress } = await readSpace(bootstrap, space);
  const file = [...progress.values()].find((record) => record.file === "trans.asc");
  assert.deepEqual([file?.rows_done, file?.done], [2_000, true]);
});

test("given two imports of the same files, then their records bear the same ids", async () => {
  const ids = async (space: string) => {
    await importer(await source(), { bootstrap, space }).run(never);
    const found: string[] = [];
    const parts = Array.from({ length: transactionsStream.partitions }, (_, partition) => ({
      topic: inSpace(space, transactionsStream.name),
      partition,
      apply: (m: RawMessage) => found.push(readHeader(m.headers)?.id ?? "none"),
    }));
    await restore({ bootstrap, admin, parts });
    return found.toSorted();
  };
  const [one, other] = [await ids(await newSpace()), await ids(await newSpace())];
  assert.deepEqual(one, other);
  assert.equal(new Set(one).size, 2_000);
});

test("given a signal, when it runs again, then it goes on from the last commit", async () => {
  const space = await newSpace();
  const stop = new AbortController();
  const stopped = await importer(await source(), {
    bootstrap,
    space,
    commitRecords: 300,
    progress: (written) => written >= 900 && stop.abort(),
  }).run(stop.signal);
  assert.deepEqual(stopped, { state: "stopped", position: 900, written: 900 });
  const rest = await importer(await source(), { bootstrap, space }).run(never);
  assert.equal(rest.position - rest.written, 900);
  await assertExactlyOnce(space);
});

test("given a space whose clock is later, then the import is refused with the cure", async () => {
  const space = await newSpace();
  await importer(await source(), { bootstrap, space }).run(never);
  const other = { ...(await source()), sha256: "ff" };
  await assert.rejects(importer(other, { bootstrap, space }).run(never), {
    code: "SPACE_CLOCK_AHEAD",
    message: /older than the clock of the space \(1994-06-01.*--space berka/,
  });
  await assertExactlyOnce(space);
});

test("given a second import, then the first is shut out and nothing doubles", async () => {
  const space = await newSpace();
  const whole = await source();
  let second: Promise<unknown> | undefined;
  const over = Promise.withResolvers<unknown>();
  let written = 0;
  let waits = false;
  // After some commits the first waits until the second is done, however slow that is.
  const first = importer(whole, {
    bootstrap,
    space,
    commitRecords: 1,
    pace: () => {
      waits = written >= 20;
      return waits ? over.promise : undefined;
    },
    progress: (committed) => {
      written = committed;
      if (!waits || second) return;
      second = importer(whole, { bootstrap, space }).run(never);
      over.resolve(second);
    },
  }).run(never);
  const thrown = await first.catch((one) => one);
  await second;
  assert.equal(thrown.code, "FENCED", String(thrown.message));
  await assertExactlyOnce(space);
});
