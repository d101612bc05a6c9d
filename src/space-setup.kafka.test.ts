import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { launch } from "../test/launch.ts";
import { readConfig } from "./config.ts";
import { serverEnvironment } from "./embedded/servers.ts";
import { testServers } from "./embedded/test-servers.ts";
import { customerUpdates, deadLetters, transactionsStream } from "./events/topics.ts";
import { createTopics, topicsOf } from "./space-setup.ts";
import { AdminPort } from "./stream/admin.ts";
import { inSpace } from "./stream/space.ts";

const servers = await testServers(["kafka"]);
const { bootstrap } = servers.kafka;
const space = `test${randomBytes(4).toString("hex")}`;
const day = 86_400_000;

/** What a topic was created with, by name, as Kafka's own tool says it. */
const settingsOf = async (): Promise<Map<string, Record<string, string>>> => {
  const args = ["kafka", "configs", "--bootstrap-server", bootstrap];
  const env = serverEnvironment(servers);
  const { ended, out, err } = launch([...args, "--entity-type", "topics", "--describe"], env);
  assert.equal((await ended).code, 0, err());
  const found = new Map<string, Record<string, string>>();
  let own: Record<string, string> = {};
  for (const line of out().split("\n")) {
    const [, topic] = /^Dynamic configs for topic (\S+) are:/.exec(line) ?? [];
    const [, name, value] = /^ {2}([a-z.]+)=(\S+) /.exec(line) ?? [];
    if (topic !== undefined) found.set(topic, (own = {}));
    else if (name !== undefined) own[name] = value;
  }
  return found;
};

test("given a space and its retention, then its topics keep what they must, as long", async () => {
  const config = readConfig({ space, retentionDays: "3" }, {});
  const admin = AdminPort.open(bootstrap);
  after(async () => {
    for (const name of await admin.topicNames())
      if (name.startsWith(`${space}.`)) await admin.remove(name);
    admin.close();
  });
  const made = await createTopics(config, bootstrap);
  assert.ok(made > 20, `${made} topics`);
  const settings = await settingsOf();
  const of = (topic: { name: string }) => settings.get(inSpace(space, topic.name)) ?? {};
  for (const topic of topicsOf(config)) {
    const own = of(topic);
    assert.equal(own["message.timestamp.type"], "LogAppendTime", topic.name);
    assert.equal(own["cleanup.policy"], topic.compacted ? "compact" : "delete", topic.name);
    if (topic.compacted) assert.equal(own["retention.ms"], "-1", topic.name);
    else assert.ok(Number(own["retention.ms"]) <= 28 * day, topic.name);
  }
  assert.equal(of(transactionsStream)["retention.ms"], String(3 * day));
  assert.equal(of(deadLetters)["retention.ms"], String(28 * day), "it says its own");
  const seen = Number(of(customerUpdates)["delete.retention.ms"]);
  assert.equal(seen, 42 * day, "a tombstone outlives what it erases");
});
