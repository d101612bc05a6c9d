import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import { AdminPort } from "../../stream/admin.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { openWriter } from "../../stream/writer.ts";
import { customersTable } from "../postgres/customers.ts";
import { openPostgresSink } from "../postgres/sink.ts";
import { openTopicIds } from "../topic-ids.ts";
import { ProfilesWatch } from "./profiles-watch.ts";
import { openTestLedger } from "./test-ledger.ts";

const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const { bootstrap } = kafka;
const until = async (holds: () => boolean | Promise<boolean>) => {
  while (!(await holds())) await delay(10);
};

/** Watches until the end of the test. */
const watching = (to: string, space: string) => {
  const said: string[] = [];
  const say = (sentence: string) => said.push(sentence);
  const watch = new ProfilesWatch({ bootstrap: to, space, say, behindMostMs: 0 });
  const stop = new AbortController();
  const ended = watch.run(stop.signal);
  const end = () => {
    stop.abort();
    return ended;
  };
  return { isBehind: watch.isBehind, said, end };
};

const setUp = async () => {
  const { space, pool } = await testSpace(postgres.url);
  const admin = AdminPort.open(bootstrap);
  await admin.create(inSpace(space, customerUpdates.name), customerUpdates as Topic, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const ids = openTopicIds(bootstrap, space);
  after(async () => {
    await writer.close();
    ids.close();
    admin.close();
  });
  const sink = () => {
    const stop = new AbortController();
    const ended = openPostgresSink({
      name: "read-model-sink",
      tables: [customersTable],
      erasable: [],
      pool,
      address: "the test's Postgres",
      topicId: ids.of,
      recordMaxBytes: 1_000_000,
      readElsewhere: new Set(),
      say: () => {},
      bootstrap,
      space,
      slot: 0,
    }).run(stop.signal);
    return () => {
      stop.abort();
      return ended;
    };
  };
  const consent = async (id: string, version: number, given: boolean) => {
    const word = { purpose: "service", channel: "sms" as const, given };
    const profile = { ...customerUpdates.example, customer_id: id, version, consent: [word] };
    await writer.send(customerUpdates, id, profile as CustomerUpdate);
    await writer.flush();
  };
  return { ...(await openTestLedger({ pool, space })), sink, consent };
};

test("given a no while the sink is away, then nothing is sent before it is known", async () => {
  const { space, sink, consent, notify, sender, provider, told, state, clock } = await setUp();
  const { isBehind, said, end } = watching(bootstrap, space);
  await consent("c-n1", 1, true);
  const stopSink = sink();
  await until(() => !isBehind());
  await stopSink();
  await consent("c-n1", 2, false);
  await until(isBehind);
  await notify("n1");
  await notify("staff", { audience: "staff", customer_id: null, recipient: "+420111" });
  const own = sender(undefined, { isBehind });
  await own.settleAll();
  assert.deepEqual([provider.asked(), await state("n1")], [1, "waiting"]);
  assert.deepEqual(await told(), ["staff accepted"]);
  const stopAgain = sink();
  await until(() => !isBehind());
  clock.now += 5_000;
  await own.settleAll();
  assert.equal(provider.asked(), 1);
  assert.deepEqual(await told(), ["staff accepted", "n1 withdrawn no_consent"]);
  await until(() => said.some((sentence) => /go out again/.test(sentence)));
  assert.match(said.join(), /Messages to customers wait: .* Check that role sink runs/);
  await stopAgain();
  await end();
});

test("given a broker that does not answer, then profiles count as behind", async () => {
  const { space } = await setUp();
  const { isBehind, said, end } = watching("127.0.0.1:9", space);
  await until(() => isBehind() && said.length > 0);
  await end();
});
