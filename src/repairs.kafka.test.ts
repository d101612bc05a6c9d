import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readTopic } from "../test/read-topic.ts";
import { accessLog, transactionsStream } from "./events/topics.ts";
import { askErasure } from "./ingest/profiles.ts";
import { assess } from "./process/delinquency/assess.ts";
import type { ApprovalAnswer } from "./serve/messages/approvals.ts";
import type {
  CausesAnswer,
  CheckAnswer,
  DryRunAnswer,
  LetterAnswer,
  LettersAnswer,
  RedriveAskedAnswer,
  RedrivesAnswer,
} from "./serve/messages/dead-letters.ts";
import { noteForgotten } from "./sink/postgres/forgotten.ts";
import { Producer } from "./stream/kafka.ts";
import { inSpace } from "./stream/space.ts";
import { openWriter } from "./stream/writer.ts";
import {
  admin,
  ann,
  ben,
  bootstrap,
  call,
  day,
  listenTo,
  pool,
  refused,
  shelf,
  space,
  startAssess,
  transaction,
  until,
} from "./test-repairs.ts";

const letterOf = (customer: string) =>
  until(`a dead letter of ${customer}`, async () => {
    const { causes } = await call<CausesAnswer>("/dead-letters");
    for (const { cause } of causes) {
      const { records } = await call<LettersAnswer>(
        `/dead-letters/${encodeURIComponent(cause)}/records`,
      );
      for (const { at } of records) {
        const letter = await call<LetterAnswer>(
          `/dead-letters/record?at=${encodeURIComponent(at)}`,
        );
        if (letter.key === customer) return { cause, letter };
      }
    }
    return undefined;
  });

/** What is wrong with a record as it came, and with edits that cannot be meant. */
const judgeEdits = async ({ at, text = "" }: LetterAnswer, mended: string) => {
  const bad = await call<CheckAnswer>("/dead-letters/check", { at });
  assert.equal(bad.refusal?.reason, "wrong_type");
  const again = await call<DryRunAnswer>("/dead-letters/dry-run", { at });
  assert.equal(again.refusal?.reason, "wrong_type");
  const good = await call<CheckAnswer>("/dead-letters/check", { at, text: mended });
  assert.equal(good.keeps, true);
  const stolen = mended.replace(/"merchant_id":"[^"]*"/, '"merchant_id":"masked:1"');
  assert.notEqual(stolen, mended);
  assert.equal(await refused("/dead-letters/redrive", { at, text: stolen }), "RECORD_REFUSED");
  const worse = text?.replace('"twelve"', "-1");
  assert.equal(await refused("/dead-letters/redrive", { at, text: worse }), "RECORD_REFUSED");
};

test("given a record that is mended, then it reaches the one group that refused it", async () => {
  const stopAssess = startAssess();
  const others = listenTo("somebody-else-group", [transactionsStream]);
  const scores = listenTo("watch-group", assess(shelf, "EUR").writes);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  after(() => writer.close());
  await writer.send(transactionsStream, "C-1", transaction("C-1", 1) as never);
  await writer.send(transactionsStream, "C-1", null, {
    bytes: Buffer.from(JSON.stringify(transaction("C-1", 2, { amount: "twelve" }))),
    time: day + 2_000,
  });
  await writer.flush();

  const { cause, letter } = await letterOf("C-1");
  assert.equal(cause, "feature-processor~wrong_type~transactions-stream");
  assert.equal(letter.group, "feature-processor-group");
  assert.ok(letter.others.includes("transactions-sink-group"), String(letter.others));
  assert.deepEqual(
    letter.fields.filter(({ state }) => state === "wrong").map(({ path }) => path),
    ["amount"],
  );
  assert.equal(letter.masked, 1);
  const shown = JSON.stringify(letter) + Buffer.from(letter.hex.bytes, "hex").toString();
  assert.ok(!shown.includes("ACC-SECRET-7"), "the account is masked, in text and bytes");
  assert.ok(shown.includes('\\"amount\\":\\"twelve\\"'));

  const { at } = letter;
  const edit = { at, text: letter.text?.replace('"twelve"', "12") };
  await judgeEdits(letter, edit.text ?? "");

  const tried = await call<DryRunAnswer>("/dead-letters/dry-run", edit);
  assert.equal(tried.state, "restored");
  assert.equal(tried.refusal, null);
  assert.ok(tried.outcomes.length > 0, JSON.stringify(tried));
  const { effect, redrive } = await call<RedriveAskedAnswer>("/dead-letters/redrive", edit);
  assert.equal(effect, "redrive 1 record, edited, to feature-processor-group");
  assert.deepEqual([redrive?.state, redrive?.done, redrive?.edited], ["done", 1, true]);

  const made = await until("what the processor makes of it", async () => {
    const since = scores.filter(({ value }) => String(value).includes("C-1-2"));
    return since.length >= tried.outcomes.length && since;
  });
  const masked = (topic: string, text: string) => {
    const found = tried.outcomes.find((one) => one.topic === topic && one.value === text);
    return found !== undefined;
  };
  for (const { topic, value } of made) assert.ok(masked(topic.name, String(value)), String(value));
  assert.equal(made.length, tried.outcomes.length);

  await writer.send(transactionsStream, "C-1", transaction("C-1", 3) as never);
  await writer.flush();
  await until("the other group has read on", async () => others.length >= 3);
  const ids = others.map(({ value }) => /C-1-\d/.exec(String(value))?.[0]);
  assert.deepEqual(ids, ["C-1-1", "C-1-2", "C-1-3"], "what was put back is not among them");

  const { counts } = await call<CausesAnswer>("/dead-letters?state=redriven");
  assert.equal(counts.redriven, 1);
  assert.equal(await refused("/dead-letters/redrive", { at }), "NOT_REDRIVABLE");
  const log = await until("the record of it", async () => {
    const seen = listened
      .map(({ value }) => String(value))
      .filter((one) => one.includes('"acted"'));
    return seen.length > 0 && seen;
  });
  assert.ok(log.some((one) => one.includes('"ann"') && one.includes("redrive 1 record, edited")));
  await stopAssess();
});

const listened = listenTo("audit-group", [accessLog]);

test("given many of a cause, then a second person agrees, and they go back at a rate", async () => {
  const stopAssess = startAssess();
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  after(() => writer.close());
  for (let n = 0; n < 40; n++)
    await writer.send(transactionsStream, `M-${n}`, null, {
      bytes: Buffer.from(JSON.stringify(transaction(`M-${n}`, n, { channel: "pigeon" }))),
      time: day,
    });
  await writer.flush();
  const cause = "feature-processor~unknown_value~transactions-stream";
  const path = `/dead-letters/${encodeURIComponent(cause)}/records`;
  await until("forty letters", async () => {
    const { causes } = await call<CausesAnswer>("/dead-letters?span=hour");
    return causes.find((one) => one.cause === cause)?.records === 40;
  });
  await stopAssess();

  const many = { cause, most: 35, per_second: 500 };
  const tried = await call<RedriveAskedAnswer>("/dead-letters/redrive", { ...many, dry_run: true });
  assert.equal(tried.effect, "redrive 35 records to feature-processor-group at 500/s, about 1 s");
  const { approval, redrive } = await call<RedriveAskedAnswer>("/dead-letters/redrive", many);
  assert.equal(redrive, null);
  const { approval_id: id } = approval as ApprovalAnswer;
  assert.equal(await refused(`/approvals/${id}/approve`, {}, ann), "APPROVAL_OWN");
  const agreed = await call<ApprovalAnswer>(`/approvals/${id}/approve`, {}, ben);
  assert.equal(agreed.state, "done");
  const done = await until("the redrive is done", async () => {
    const { redrives } = await call<RedrivesAnswer>("/redrives");
    const found = redrives.find((one) => one.redrive_id === id);
    return found?.state === "done" && found;
  });
  assert.deepEqual([done.done, done.asked_by, done.approved_by], [35, "ann", "ben"]);
  const left = await call<LettersAnswer>(path);
  assert.equal(left.records.length, 5);
  const gone = await call<LettersAnswer>(`${path}?state=redriven`);
  assert.equal(gone.records.length, 35);

  const stopAgain = startAssess();
  const again = await until("what was redriven unmended is refused again", async () => {
    const { causes } = await call<CausesAnswer>("/dead-letters?span=hour");
    const found = causes.find((one) => one.cause === cause);
    return found?.records === 40 && found;
  });
  assert.ok(again.first < again.last, `${again.first} and ${again.last}`);
  assert.equal(
    again.series.reduce((sum, n) => sum + n, 0),
    40,
  );
  await stopAgain();

  const [{ at }] = left.records;
  await call("/dead-letters/set-aside", { at, reason: "a test" });
  assert.equal((await call<LettersAnswer>(path)).records.length, 39);
  await call("/dead-letters/put-back", { at });
  assert.equal((await call<LettersAnswer>(path)).records.length, 40);
  await call("/dead-letters/set-aside", { cause, reason: "all of it" });
  assert.equal((await call<LettersAnswer>(path)).records.length, 0);
  await writer.close();
  await noted([
    `set aside dead letters: ${cause}`,
    "set aside dead letters: test",
    "put back a dead letter: test",
  ]);
});

/** Waits until ann is on record as having done each of these. */
const noted = (acts: readonly string[]) =>
  until(`the record of ${acts.join()}`, async () => {
    const log = listened
      .map(({ value }) => String(value))
      .filter((one) => one.includes('"acted"') && one.includes('"ann"'));
    return acts.every((act) => log.some((one) => one.includes(act)));
  });

/** Twenty dead letters of one cause, with their processor stopped. */
const twentyLetters = async (): Promise<string> => {
  const stopAssess = startAssess();
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  after(() => writer.close());
  for (let n = 0; n < 20; n++) {
    const value = transaction(`R-${n}`, n, { category: "moonlight" });
    const bytes = Buffer.from(JSON.stringify(value));
    await writer.send(transactionsStream, `R-${n}`, null, { bytes, time: day });
  }
  await writer.close();
  const cause = await until("twenty letters", async () => {
    const { causes } = await call<CausesAnswer>("/dead-letters");
    return causes.find(({ records }) => records === 20)?.cause;
  });
  await stopAssess();
  return cause;
};

const redriveNow = async (id: string): Promise<RedrivesAnswer["redrives"][number]> => {
  const { redrives } = await call<RedrivesAnswer>("/redrives");
  return redrives.find((one) => one.redrive_id === id)!;
};

test("given a redrive at a rate, then it keeps to it, and none is lost sight of", async () => {
  const cause = await twentyLetters();
  const path = `/dead-letters/${encodeURIComponent(cause)}/records`;
  const begin = async (perSecond: number) =>
    (
      await call<RedriveAskedAnswer>("/dead-letters/redrive", {
        ...{ cause, most: 20, per_second: perSecond },
      })
    ).redrive!.redrive_id;

  const slow = await begin(2);
  await until("the first has gone", async () => (await redriveNow(slow)).done > 0);
  assert.equal((await call<{ state: string }>(`/redrives/${slow}/stop`, {})).state, "stopped");
  await noted([`stop the redrive ${slow}`]);
  const quick = await begin(5);
  await until("all have gone", async () => (await redriveNow(quick)).state === "done");
  const { done, state } = await redriveNow(slow);
  assert.ok(state === "stopped" && done < 10, `it sent ${done} and is ${state}`);
  assert.equal(done + (await redriveNow(quick)).done, 20);
  const { rows: span } = await pool.query<{ n: number; s: number }>(
    `select count(*)::int as n, extract(epoch from max(settled_at) - min(settled_at))::float8 as s
     from dead_letters_settled where redrive_id = $1 and how = 'redriven'`,
    [quick],
  );
  // The first round also connects, and what that took the others make up for: up to two seconds.
  const atLeastS = (span[0].n - 1) / 5 - 2;
  assert.ok(span[0].n > 10 && span[0].s >= atLeastS, `${span[0].n} in ${span[0].s} s`);

  // As one leaves it that is killed between sending and saying so.
  await pool.query(
    `update dead_letters_settled set how = 'sending', redrive_id = $2 where origin =
       (select origin from dead_letters_settled where redrive_id = $1 limit 1)`,
    [quick, slow],
  );
  const { counts } = await call<CausesAnswer>("/dead-letters?state=sending");
  assert.equal(counts.sending, 1);
  const stranded = await call<LettersAnswer>(`${path}?state=sending`);
  assert.equal(stranded.records.length, 1);
  await call("/dead-letters/put-back", { at: stranded.records[0].at });
  assert.equal((await call<LettersAnswer>(path)).records.length, 1);
  assert.equal((await call<CausesAnswer>("/dead-letters")).counts.sending, 0);
});

test("given bytes of any kind and size, then they are shown harmlessly", async () => {
  const stopAssess = startAssess();
  const producer = await Producer.connect({ bootstrap });
  after(() => producer.close());
  const full = inSpace(space, transactionsStream.name);
  const html = '{"customer_id":"<img src=x onerror=alert(1)>","amount":';
  for (const [key, value] of [
    ["B-binary", Buffer.from([0, 255, 128, 10, 0, 1, 2])],
    ["B-html", Buffer.from(html)],
    ["B-large", Buffer.alloc(10_000_000, "x")],
    ["B-none", null],
  ] as const)
    assert.equal(producer.produce(full, -1, value, key), 0);
  await producer.flush();
  const binary = (await letterOf("B-binary")).letter;
  assert.deepEqual([binary.text, binary.hex.bytes, binary.header], [null, "00ff800a000102", null]);
  const page = (await letterOf("B-html")).letter;
  assert.equal(page.refusal?.reason, "malformed_json");
  assert.ok(page.text?.includes("<img"), "text is text; what draws it must not run it");
  const large = (await letterOf("B-large")).letter;
  assert.equal(large.bytes, 10_000_000);
  assert.equal(large.refusal?.reason, "record_too_large");
  assert.equal(large.text_is_whole, false);
  assert.ok(JSON.stringify(large).length < 200_000, "only a piece of it is sent");
  const further = await call<LetterAnswer>(
    `/dead-letters/record?at=${encodeURIComponent(large.at)}&hex_from=9999000`,
  );
  assert.equal(further.hex.from, 9_998_992);
  const none = (await letterOf("B-none")).letter;
  assert.deepEqual([none.bytes, none.refusal?.reason], [0, "tombstone"]);
  assert.equal(await refused("/dead-letters/check", { at: "no-such-0-1" }), "DEAD_LETTER_UNKNOWN");
  const secret = inSpace(space, "policies");
  assert.equal(
    await refused("/dead-letters/check", { at: `${secret}-0-0` }),
    "DEAD_LETTER_UNKNOWN",
  );
  await stopAssess();
});

test("given a customer who was erased, then no dead letter of theirs goes back", async () => {
  const stopAssess = startAssess();
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  after(() => writer.close());
  const canary = "MERCHANT-CANARY-4471";
  const send = (customer: string, key: string | null, n: number) => {
    const value = transaction(customer, n, { is_failed: "perhaps", merchant_id: canary });
    return writer.send(transactionsStream, key, null, {
      bytes: Buffer.from(JSON.stringify(value)),
      time: day,
    });
  };
  for (const customer of ["E-1", "E-2", "E-3"]) await send(customer, customer, 1);
  await send("E-1", null, 2);
  await writer.flush();
  const { cause, letter } = await letterOf("E-1");
  const keyless = `feature-processor~key_missing~${transactionsStream.name}`;
  const [{ at }] = await until("the one without a key", async () => {
    const { causes } = await call<CausesAnswer>("/dead-letters");
    if (!causes.some((one) => one.cause === keyless)) return undefined;
    const path = `/dead-letters/${encodeURIComponent(keyless)}/records`;
    return (await call<LettersAnswer>(path)).records;
  });
  await until("all four", async () => (await letterOf("E-3")) && (await letterOf("E-2")));
  await stopAssess();

  await askErasure(pool, { customer: "E-1", by: "ann", reason: "a test" });
  await noteForgotten(pool, space, new Map([["E-2", Date.now()]]));
  assert.equal(await refused("/dead-letters/redrive", { at: letter.at }), "NOT_REDRIVABLE");
  const text = letter.text?.replace('"perhaps"', "true");
  assert.equal(await refused("/dead-letters/redrive", { at: letter.at, text }), "NOT_REDRIVABLE");
  assert.equal(await refused("/dead-letters/redrive", { at }), "NOT_REDRIVABLE");

  const { redrive } = await call<RedriveAskedAnswer>("/dead-letters/redrive", { cause });
  const id = redrive?.redrive_id ?? "";
  await until("the redrive is done", async () => (await redriveNow(id)).state === "done");
  const { done, left_out } = await redriveNow(id);
  assert.deepEqual([done, left_out], [1, 2]);
  const aside = await call<LetterAnswer>(
    `/dead-letters/record?at=${encodeURIComponent(letter.at)}`,
  );
  assert.equal(aside.settled_because, "Its customer was erased after it came.");
  const records = await readTopic({ bootstrap, admin, space }, transactionsStream);
  const back = records.filter(({ value }) => value?.includes(canary)).map(({ key }) => String(key));
  assert.deepEqual(back.toSorted(), ["E-1", "E-2", "E-3", "E-3", "null"]);
});
