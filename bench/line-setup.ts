import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig, root } from "../src/config.ts";
import { type PolicyDocument, policies, policyKey } from "../src/events/policy.ts";
import type { Transaction, transactionsStream } from "../src/events/transaction.ts";
import { Journal } from "../src/ingest/simulate/journal.ts";
import { Life } from "../src/ingest/simulate/life.ts";
import { people } from "../src/ingest/simulate/people.ts";
import { FEATURE_SET, modelFeatures as features } from "../src/process/delinquency/features.ts";
import { Random } from "../src/rules/random.ts";
import { train } from "../src/rules/scoring/train.ts";
import { topicsOf } from "../src/space-setup.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { inSpace } from "../src/stream/space.ts";
import { openWriter, type Writer } from "../src/stream/writer.ts";

/**
 * 100 trees of depth 4 over every feature that models learn from, by which a customer with a failed
 * payment in 7 days gets 0.40 or more. The other features move the score as they do in a real
 * model, so that the trees are as deep and the reasons as many.
 */
export const makeModel = (): string => {
  const random = new Random(11, 22, 33, 44);
  const failed = features.findIndex(({ id }) => id === "failed_txn_count_7d");
  const rows = Array.from({ length: 4_000 }, () =>
    features.map((_, n) => (n === failed ? random.whole(0, 3) : 2 * random.normal())),
  );
  const labels = rows.map((row) => {
    const others = row.reduce((sum, value, n) => sum + (n === failed ? 0 : value), 0);
    const logit = (row[failed] > 0 ? 3 : -3) + 0.1 * others;
    return +random.chance(1 / (1 + Math.exp(-logit)));
  });
  const names = features.map(({ id }) => id);
  const size = { rounds: 100, maxDepth: 4, eta: 0.05, lambda: 1, gamma: 0, minChildWeight: 20 };
  return train({ features: names, rows, labels }, size);
};

export type Shelf = { folder: string; hash: string };

/** Puts the model into a folder of its own. */
export const shelve = (under: string): Shelf => {
  const folder = join(under, "models");
  mkdirSync(folder, { recursive: true });
  const text = makeModel();
  writeFileSync(join(folder, "failed-payments.json"), text);
  return { folder, hash: createHash("sha256").update(text).digest("hex") };
};

const shipped = (name: string): PolicyDocument =>
  policies.read(readFileSync(join(root, "policies", name)));

/** The choice of the model, and the rules of scoring with a cool-down of their own. */
export const documentsFor = (shelf: Shelf, coolDownMinutes: number): PolicyDocument[] => {
  const model = { ...policies.example, feature_set: FEATURE_SET, hash: shelf.hash };
  const scoring = { ...shipped("scoring.json"), cool_down_minutes: coolDownMinutes };
  return [scoring, model] as PolicyDocument[];
};

/** A name for a space of its own: letters and digits only. */
export const newSpace = (): string => `bench${randomUUID().slice(0, 8)}`;

/** Creates a space's topics; scores come from the model, cool-downs last so long. */
export const prepareSpace = async (
  bootstrap: string,
  space: string,
  shelf: Shelf,
  coolDownMinutes: number,
): Promise<void> => {
  const admin = AdminPort.open(bootstrap);
  try {
    const config = { ...readConfig(), space };
    for (const topic of topicsOf(config)) await admin.create(inSpace(space, topic.name), topic, 1);
  } finally {
    admin.close();
  }
  const documents = [shipped("contact.json"), ...documentsFor(shelf, coolDownMinutes)];
  const writer = await openWriter({ bootstrap, space, source: "bench@1" });
  for (const document of documents) await writer.send(policies, policyKey(document), document);
  await writer.flush();
  await writer.close();
};

/** Deletes what a benchmark left in a space. */
export const removeSpace = async (bootstrap: string, space: string): Promise<void> => {
  const admin = AdminPort.open(bootstrap);
  try {
    const names = await admin.topicNames();
    for (const name of names.filter((each) => each.startsWith(`${space}.`)))
      await admin.remove(name);
  } finally {
    admin.close();
  }
};

export type Backlog = {
  events: number;
  customers: number;
  /** Share of the transactions that fail. */
  failedShare: number;
  /** Whether every other transaction is a withdrawal, which is scored unless cooling down. */
  withdrawals: boolean;
};

/** The pace of the backlog's event time, as of the load that the line is measured under. */
const eventsPerS = 2_000;

const tell = async (writer: Writer, journal: Journal): Promise<void> => {
  for (const { topic, key, value, time, id } of journal.events)
    await writer.send(topic as typeof transactionsStream, key, value as Transaction, { time, id });
  journal.events.length = 0;
};

/** Writes transactions of customers with profiles, as many as asked for, ending now. */
export const writeBacklog = async (
  bootstrap: string,
  space: string,
  { events, customers, failedShare, withdrawals }: Backlog,
): Promise<void> => {
  const random = new Random(1, 2, 3, 4);
  const journal = new Journal(1);
  const start = Date.now() - (events / eventsPerS) * 1_000;
  const lives = people(1, customers).map((one) => new Life(1, one, Math.floor(start / 86_400_000)));
  const writer = await openWriter({ bootstrap, space, source: "bench@1" });
  for (const life of lives) {
    journal.profile(life, start);
    await tell(writer, journal);
  }
  for (let n = 0; n < events; n++) {
    const life = random.pick(lives);
    const at = Math.floor(start + (n * 1_000) / eventsPerS);
    const amount = random.whole(200, 9_000);
    const channel = withdrawals ? "atm" : "pos";
    const category = withdrawals ? "cash" : "groceries";
    const merchant = `MERCHANT_${random.whole(0, 4_999)}`;
    if (random.chance(failedShare))
      journal.refuse(life, at, amount, { category, channel, merchant });
    else if (amount > life.current)
      journal.credit(life, at, life.person.pay, {
        category: "salary",
        channel: "bank_transfer",
        merchant: "EMPLOYER",
      });
    else journal.debit(life, at, amount, { category, channel, merchant });
    await tell(writer, journal);
  }
  await writer.flush();
  await writer.close();
};
