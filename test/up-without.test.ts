import assert from "node:assert/strict";
import { after, test } from "node:test";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import type { ApprovalAnswer } from "../src/serve/messages/approvals.ts";
import type { GroupsAnswer, ResetAnswer } from "../src/serve/messages/groups.ts";
import { type Launched, launch, until } from "./launch.ts";
import { newFolder } from "./space.ts";

const folder = newFolder();
after(() => removeOutsideData(folder));
const env = {
  DATA_FOLDER: folder,
  PORT: "0",
  SIMULATED_CUSTOMERS: "50",
  SIMULATED_HISTORY_DAYS: "20",
};
const group = "feature-processor-group";
const path = `/groups/${group}/offsets/reset`;

const addressOf = async (up: Launched): Promise<string> => {
  const [, link] = await up.says(/The console, once and within 10 minutes: (http\S+)/);
  return new URL(link).origin;
};
const keyOf = async (name: string, role: string): Promise<string> => {
  const asked = launch(["keys", "create", "--name", name, "--role", role, "--json"], env);
  assert.equal((await asked.ended).code, 0, asked.err());
  return JSON.parse(asked.out()).key;
};
const caller =
  (url: string) =>
  async <T>(key: string, where: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${where}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    assert.ok(response.ok, `${where}: ${JSON.stringify(answer)}`);
    return answer as T;
  };

test("given up without the line, then its offsets move, and it goes on there", async () => {
  const held = launch(["up", "--without", "feature-processor"], env);
  await held.says(/Left out: line\. What it reads waits for it until the next `up`\./);
  const ask = caller(await addressOf(held));
  const [ann, ben] = [await keyOf("ann", "engineer"), await keyOf("ben", "lead")];
  const wish = { to: "latest", topic: "transactions-stream" };
  const plan = await until("what it would skip", async () => {
    const tried = await ask<ResetAnswer>(ann, path, { ...wish, dry_run: true });
    return tried.parts.some(({ skipped }) => skipped > 0) && tried;
  });
  assert.equal(plan.hindrance, null);
  const { approval } = await ask<ResetAnswer>(ann, path, wish);
  const { approval_id: id } = approval as ApprovalAnswer;
  const done = await ask<ApprovalAnswer>(ben, `/approvals/${id}/approve`, {});
  assert.equal(done.state, "done");
  assert.equal((await held.stop("SIGINT")).code, 0, held.err());

  const up = launch(["up"], env);
  const again = caller(await addressOf(up));
  const [part] = await until("it reads again, from behind what was skipped", async () => {
    const { groups } = await again<GroupsAnswer>(ann, "/groups");
    const found = groups.find((one) => one.group === group);
    const isAtWork = found?.state === "stable" && found.members.length > 0;
    const moved = found?.parts.filter(
      ({ topic, committed }) => topic === wish.topic && (committed ?? 0) > 0,
    );
    return isAtWork && moved && moved.length > 0 && moved;
  });
  const skippedTo = plan.parts.find(({ partition }) => partition === part.partition)?.to ?? 0;
  assert.ok((part.committed ?? 0) >= skippedTo, `${part.committed} after ${skippedTo}`);
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
});

test("given a role that is none, or an import, then nothing is left out", async () => {
  for (const args of [
    ["--without", "nobody"],
    ["--without", "line", "--import", "berka:nowhere"],
  ]) {
    const wrong = launch(["up", ...args], env);
    assert.equal((await wrong.ended).code, 2, wrong.err());
    assert.match(wrong.err(), /There is no role "nobody"|An import runs every process/);
  }
});
