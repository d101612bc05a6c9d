import { randomUUID } from "node:crypto";
import { openPool } from "../../db.ts";
import { notifyParts } from "./notify.ts";
import { phoneChannel } from "./phone.ts";
import { smsChannel } from "./sms.ts";
import { readTemplates } from "./templates.ts";

/** Runs notify as a process that a test may kill: messages to its provider, calls to the list. */
const { bootstrap, databaseUrl, space, url } = JSON.parse(process.argv[2]) as Record<
  "bootstrap" | "databaseUrl" | "space" | "url",
  string
>;
const own = { postgresHost: undefined, postgresPort: 0, postgresDb: "", postgresUser: "" };
const pool = openPool({ ...own, postgresPassword: "", databaseUrl, space }, { max: 12 });
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const sendMaxMs = 400;
const parts = notifyParts({
  bootstrap,
  space,
  pool,
  address: "the test's Postgres",
  channels: [
    smsChannel({ url, token: randomUUID(), idempotent: false, timeoutMs: sendMaxMs }),
    phoneChannel,
  ],
  templates: readTemplates({}),
  recordMaxBytes: 1_000_000,
  lateMs: 3_600_000,
  sendMaxMs,
  drainMaxMs: 2_000,
  say: (sentence) => process.stdout.write(`${sentence}\n`),
});
await Promise.all(parts.map((part) => part.run(stop.signal)));
await pool.end();
