import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { processNames } from "../src/app.ts";
import { root } from "../src/config.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { Producer } from "../src/stream/kafka.ts";
import { identify, isAlive, type ProcessId } from "../src/stream/lock.ts";
import { endMaxMs, launch, until } from "./launch.ts";
import { newFolder } from "./space.ts";

const folder = newFolder();
after(() => removeOutsideData(folder));
const env = {
  DATA_FOLDER: folder,
  PORT: "0",
  SIMULATED_CUSTOMERS: "200",
  SIMULATED_HISTORY_DAYS: "60",
};

/** Runs a command to its end. */
const ask = async (
  ...args: string[]
): Promise<{ code: number | null; out: string; err: string }> => {
  const asked = launch(args, env);
  const { code } = await asked.ended;
  return { code, out: asked.out(), err: asked.err() };
};
const sql = async (query: string): Promise<Record<string, unknown>[]> => {
  const { code, out, err } = await ask("sql", "--json", query);
  assert.equal(code, 0, err);
  return JSON.parse(out);
};

/** The servers that `up` runs in the folder. */
const serversNow = (): ProcessId[] => {
  const { processes } = JSON.parse(readFileSync(join(folder, "servers.json"), "utf8"));
  return Object.values(processes);
};

const ps = (...columns: string[]) => {
  const named = columns.flatMap((column) => ["-o", `${column}=`]);
  return execFileSync("ps", ["-A", "-ww", ...named], { encoding: "utf8" });
};
/** The process of `up` that has this name. */
const partOf = (pid: number, name: string): number | undefined => {
  const lines = ps("pid", "ppid", "args").split("\n");
  const found = lines.filter((line) => line.includes(` run ${name} `));
  const own = found.map((line) => line.trim().split(/\s+/).map(Number));
  return own.find(([, parent]) => parent === pid)?.[0];
};

/** The processes that a process has started, and theirs. */
const startedBy = (pid: number): ProcessId[] => {
  const lines = ps("pid", "ppid").split("\n");
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const one of found)
    for (const [child, parent] of pairs) if (parent === one) found.push(child);
  return found.slice(1).flatMap((child) => identify(child) ?? []);
};
const allGone = (processes: readonly ProcessId[]) =>
  until("everything that was started has ended", () => !processes.some(isAlive));

let up = launch(["up"], env);
let told = "";

test("given up, then history, a first prediction and live lines are shown", async () => {
  const [, first] = await up.says(/First prediction after [\d.]+ s: (.+)/);
  assert.match(first, /^\S+ (LOW|MEDIUM|HIGH|CRITICAL) 0\.\d\d/);
  const [, events] = await up.says(/History told \((\d+) events\)/);
  told = events;
  assert.ok(Number(told) > 1_000, told);
  await up.says(/events\/s · end to end p50 .* · lag .* · dead letters 0/);
});

test("given up, then each process has threads for all that its clients wait for", {
  skip: process.platform !== "linux" && "Only Linux shows a process's environment",
}, () => {
  const threads = processNames.map((name) => {
    const environment = readFileSync(`/proc/${partOf(up.child.pid as number, name)}/environ`);
    return /\0UV_THREADPOOL_SIZE=(\d+)\0/.exec(`\0${environment.toString("latin1")}`)?.[1];
  });
  assert.deepEqual(threads.map(Number), [16, 16, 28, 20, 12]);
});

test("given up, then the link that it prints opens the console, once", async () => {
  const [, link] = await up.says(/The console, once and within 10 minutes: (http\S+)/);
  const come = () => fetch(link, { redirect: "manual" });
  const first = await come();
  assert.equal(first.headers.get("location"), "/console/");
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
  const session = async () => {
    const answer = await fetch(new URL("/session", link), { headers: { cookie } });
    return (await answer.json()) as Record<string, unknown>;
  };
  const { name, role } = await session();
  assert.deepEqual([name, role], ["admin", "admin"]);
  await until("it is known that people are simulated", async () => (await session()).simulated);
  assert.match(await (await fetch(new URL("/console/", link))).text(), /<div id="root">/);
  assert.equal((await come()).headers.get("location"), "/console/sign-in?fault=link-used");
  const { out, code } = await ask("sign-in", "--name", "maria", "--role", "viewer", "--json");
  assert.equal(code, 0);
  assert.equal(new URL(JSON.parse(out).url).origin, new URL(link).origin);
});

test("given up, then a second one in the same space is refused", async () => {
  const { code, err } = await ask("up");
  assert.equal(code, 1);
  assert.match(err, /already runs the space "live"\. Stop it, or choose another with --space\./);
});

test("given up, then the queries that a user would try first answer", async () => {
  const query = "select * from risk_scores order by score_date desc limit 5";
  const table = await ask("sql", query);
  assert.equal(table.code, 0, table.err);
  assert.match(table.out, /^prediction_id +customer_id +risk_score +risk_level /);
  await until("five scores", async () => (await sql(query)).length === 5);
  const bands = await sql("select risk_level, count(*)::int as n from risk_scores group by 1");
  assert.ok(bands.some(({ n }) => Number(n) > 0));
  const kinds = await until("an intervention", async () => {
    const found = await sql(
      "select intervention_type, count(*)::int as n from interventions group by 1",
    );
    return found.length > 0 && found;
  });
  for (const { intervention_type } of kinds)
    assert.match(String(intervention_type), /^(urgent_outreach|proactive_support|gentle_reminder)/);
  assert.deepEqual(await sql("select * from dead_letters"), []);
});

test("given up, then Kafka's own tools show topics and lag", async () => {
  const topics = await ask("kafka", "topics", "--list");
  assert.equal(topics.code, 0, topics.err);
  const names = topics.out.split("\n");
  for (const name of ["transactions-stream", "predictions-stream", "interventions-stream"])
    assert.ok(names.includes(name), topics.out);
  for (const group of ["feature-processor-group", "intervention-service-group"]) {
    const shown = await ask("kafka", "consumer-groups", "--describe", "--group", group);
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /GROUP +TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG/);
    assert.match(shown.out, new RegExp(`^${group} +\\S+ +\\d+ +\\d+ +\\d+ +\\d+`, "m"));
  }
});

test("given README's queries, then each answers with the columns that it shows", async () => {
  const page = readFileSync(join(root, "README.md"), "utf8");
  const shown = [...page.matchAll(/^\$ \.\/bellwether sql (["'])([\s\S]+?)\1\n(.+)\n-/gm)];
  assert.ok(shown.length >= 2, `${shown.length} queries`);
  for (const [, , query, columns] of shown) {
    const { code, out, err } = await ask("sql", query);
    assert.equal(code, 0, `${query}: ${err}`);
    const words = (line: string) => line.trim().split(/ +/);
    assert.deepEqual(words(out.split("\n", 1)[0]), words(columns), query);
  }
});

test("given each process killed with -9, then it is started again, and all goes on", async () => {
  const pid = up.child.pid as number;
  for (const name of processNames) {
    const killed = partOf(pid, name);
    assert.ok(killed, `${name} does not run`);
    process.kill(killed, "SIGKILL");
    await up.says(new RegExp(`The process ${name} ended with 1; it is started again\\.`));
    await until(`${name} is back`, () => ![undefined, killed].includes(partOf(pid, name)));
  }
  const predictions = async () => (await sql("select prediction_id from risk_scores")).length;
  const before = await predictions();
  await until("predictions go on", async () => (await predictions()) > before);
});

test("given Ctrl-C, then up drains, exits 0 in time, and nothing is left", async () => {
  const pid = up.child.pid as number;
  const servers = serversNow();
  assert.equal(servers.length, 3);
  for (const name of processNames) assert.ok(partOf(pid, name), `${name} does not run`);
  const processes = [...servers, ...startedBy(pid)];
  const { code, ms } = await up.stop("SIGINT");
  assert.equal(code, 0, up.err());
  assert.ok(ms < endMaxMs, `${Math.round(ms)} ms`);
  assert.doesNotMatch(up.err(), /\n\s+at /, "no stack trace");
  await allGone(processes);
});

test("given up again, then data is there still and history is not told again", async () => {
  up = launch(["up"], env);
  await up.says(/now in real time/);
  const [{ twice, n }] = await sql(
    "select count(*)::int as n, (count(*) - count(distinct transaction_id))::int as twice " +
      "from transactions",
  );
  assert.equal(twice, 0);
  assert.ok(Number(n) > 1_000, `${n} transactions`);
  const [, events] = await up.says(/History told \((\d+) events\)/);
  const grown = Number(events) - Number(told);
  assert.ok(grown >= 0 && grown < Number(told) / 10, `${events} after ${told}`);
  assert.deepEqual(await sql("select * from dead_letters"), []);
});

test("given a slot that another process has taken, then up stops and exits 3", async () => {
  const id = "feature-processor-group-0";
  const { addresses } = JSON.parse(readFileSync(join(folder, "servers.json"), "utf8"));
  const locks = readdirSync(join(folder, "locks"));
  for (const file of locks.filter((name) => name.startsWith(`${id}.lock.`)))
    rmSync(join(folder, "locks", file));
  const { bootstrap } = addresses.kafka;
  const other = await Producer.connect({ bootstrap, transactionalId: id });
  const { code } = await up.ended;
  void other.close();
  assert.equal(code, 3, up.err());
  assert.match(up.err(), new RegExp(`Another process owns ${id} now`));
  await allGone(serversNow());
  up = launch(["up"], env);
  await up.says(/now in real time/);
});

test("given kill -9 of up, then no orphan stays", async () => {
  const processes = [...serversNow(), ...startedBy(up.child.pid as number)];
  await up.stop("SIGKILL");
  await allGone(processes);
});

test("given a model that no file holds, then up says so, stops and exits 4", async () => {
  const lacking = launch(["up"], { ...env, MODELS_FOLDER: folder });
  const { code } = await lacking.ended;
  assert.equal(code, 4, lacking.err());
  assert.match(lacking.err(), /active model [0-9a-f]{64} is not among the files in/);
  await allGone(serversNow());
});

test("given wrong settings, then each is listed with its cure and the exit code is 2", async () => {
  const wrong = { ...env, PORT: "99999", LOG_LEVEL: "loud", CURRENCY: "euro", SPACE: "public" };
  for (const command of [["up"], ["run", "line"]]) {
    const asked = launch(command, { ...wrong, KAFKA_BOOTSTRAP_SERVERS: "here" });
    assert.equal((await asked.ended).code, 2);
    for (const cure of [
      /PORT is "99999": give a whole number from 0 to 65535/,
      /LOG_LEVEL is "loud": give one of info, debug/,
      /CURRENCY is "euro": use a code of ISO 4217/,
      /KAFKA_BOOTSTRAP_SERVERS is "here": give host:port/,
      /SPACE is "public": use 1 to 20/,
    ])
      assert.match(asked.err(), cure);
    assert.equal(asked.out(), "");
  }
});
