import type pg from "pg";
import { transact } from "./db.ts";
import { failure, sentenceOf } from "./errors.ts";
import {
  type ContactPolicy,
  type ModelPolicy,
  type PolicyDocument,
  policies,
  policyKey,
} from "./events/policy.ts";
import { allow, type KeyHolder } from "./keys.ts";
import { policyHash } from "./rules/policy.ts";
import type { Role } from "./serve/permissions.ts";
import { AdminPort } from "./stream/admin.ts";
import { restore } from "./stream/restore.ts";
import { inSpace } from "./stream/space.ts";
import { openWriter } from "./stream/writer.ts";

/**
 * How a policy comes into force: one person drafts a version, another activates it for event times
 * from a moment on that lies ahead, so that every processor knows it before it counts. A draft
 * never changes, and a version that is in topic `policies` is there for ever.
 */
export type PolicyPlace = {
  readonly pool: pg.Pool;
  readonly bootstrap: string;
  readonly space: string;
  /** Throws where this release could not score by the model, such as MODEL_MISSING. */
  readonly checkModel: (document: ModelPolicy) => void;
  /** Why a message could not be sent by a channel; undefined: it could. */
  readonly refusalOf: (message: string, channel: string) => string | undefined;
};

const leastLeadMs = 10_000;
const usualLeadMs = 15_000;
const drafters: readonly Role[] = ["analyst", "lead", "engineer", "admin"];
const activators: readonly Role[] = ["lead", "engineer", "admin"];

/** Every version in the topic, by key; undefined: one that this release cannot read. */
export const readPolicies = async (
  bootstrap: string,
  space: string,
): Promise<Map<string, PolicyDocument | undefined>> => {
  const found = new Map<string, PolicyDocument | undefined>();
  const topic = inSpace(space, policies.name);
  const admin = AdminPort.open(bootstrap);
  try {
    const apply = ({ key, value }: { key: Buffer | null; value: Buffer | null }) => {
      try {
        found.set(String(key), value === null ? undefined : policies.read(value));
      } catch {
        found.set(String(key), undefined);
      }
    };
    await restore({ bootstrap, admin, parts: [{ topic, partition: 0, apply }] });
  } catch (thrown) {
    // Asked afterwards only: a topic that has just been created is not listed at once.
    const names = await admin.topicNames().catch(() => [topic]);
    throw names.includes(topic) ? thrown : failure("TOPIC_MISSING", topic);
  } finally {
    admin.close();
  }
  return found;
};

/** A document from a file's text. Throws POLICY_WRONG with what is wrong with it. */
export const readPolicy = (text: string, place: string): PolicyDocument => {
  try {
    const read = policies.read(Buffer.from(text));
    return { ...read, effective_from: null, activated_by: null };
  } catch (thrown) {
    throw failure("POLICY_WRONG", place, sentenceOf(thrown));
  }
};

const checkMessages = (document: ContactPolicy, { refusalOf }: PolicyPlace): void => {
  for (const { channel, fallback, message } of document.steps)
    for (const each of [channel, ...(fallback ?? []), document.person_channel]) {
      const why = message && each ? refusalOf(message, each) : undefined;
      if (why === undefined) continue;
      throw failure("POLICY_WRONG", policyKey(document), `the message "${message}": ${why}.`);
    }
};

/** What a document names must be there, and of use: a version in force is never taken back. */
const checkNamed = (
  document: PolicyDocument,
  known: ReadonlyMap<string, PolicyDocument | undefined>,
  place: PolicyPlace,
): void => {
  const key = policyKey(document);
  if (document.kind === "contact") checkMessages(document, place);
  if (document.kind === "model")
    try {
      place.checkModel(document);
    } catch (thrown) {
      throw failure("POLICY_WRONG", key, sentenceOf(thrown));
    }
  if (document.kind === "experiment")
    for (const { policy } of document.arms)
      if (![...known.keys()].some((one) => one.startsWith(`contact:${policy}:`)))
        throw failure(
          "POLICY_WRONG",
          key,
          `the contact policy ${policy} of an arm has no version in force: activate that first.`,
        );
};

export type Draft = {
  readonly document: PolicyDocument;
  readonly hash: string;
  readonly author: string;
  readonly draftedAt: Date;
  readonly activatedBy: string | null;
  readonly effectiveFrom: Date | null;
};

const draftSql = `select document, hash, author, drafted_at as "draftedAt",
  activated_by as "activatedBy", effective_from as "effectiveFrom" from policy_drafts`;

export const readDrafts = async (pool: pg.Pool): Promise<Draft[]> =>
  (await pool.query<Draft>(`${draftSql} order by drafted_at, kind, name, version`)).rows;

/**
 * Keeps a draft of a new version; one that says the same under the same name is there already.
 * Throws POLICY_WRONG where the version is taken.
 */
export const draftPolicy = async (
  document: PolicyDocument,
  author: KeyHolder,
  place: PolicyPlace,
): Promise<{ key: string; hash: string }> => {
  allow(author, drafters);
  const { kind, name, version } = document;
  const key = policyKey(document);
  const hash = policyHash(document);
  const known = await readPolicies(place.bootstrap, place.space);
  const taken = () =>
    failure("POLICY_WRONG", key, "this version says something else already; raise the version.");
  if (known.has(key)) throw taken();
  checkNamed(document, known, place);
  const { rowCount } = await place.pool.query(
    `insert into policy_drafts (kind, name, version, document, hash, author)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [kind, name, version, JSON.stringify(document), hash, author.name],
  );
  if (rowCount === 1) return { key, hash };
  const same = await place.pool.query(
    "select 1 from policy_drafts where kind = $1 and name = $2 and version = $3 and hash = $4",
    [kind, name, version, hash],
  );
  if (same.rowCount === 0) throw taken();
  return { key, hash };
};

/**
 * From when on it counts: in the live space an event time that lies ahead; elsewhere, where event
 * times are past, from the beginning unless one is given. Throws ARGUMENT_WRONG.
 */
export const startOf = (at: number | undefined, now: number, space: string): string | null => {
  if (space !== "live") return at === undefined ? null : new Date(at).toISOString();
  const from = at ?? now + usualLeadMs;
  if (from < now + leastLeadMs)
    throw failure(
      "ARGUMENT_WRONG",
      `${new Date(from).toISOString()} is less than 10 seconds ahead`,
      "Give a later --at, so that every processor knows the version before it counts.",
    );
  return new Date(from).toISOString();
};

const findDraft = async (client: pg.ClientBase, named: string): Promise<Draft> => {
  const parts = named.split(":");
  const [version, name, kind] = parts.reverse();
  const { rows } = await client.query<Draft>(
    `${draftSql} where name = $1 and version = $2 and kind = coalesce($3, kind) for update`,
    [name ?? "", version, kind ?? null],
  );
  if (rows.length === 1) return rows[0];
  throw failure(
    "ARGUMENT_WRONG",
    `${rows.length === 0 ? "No draft is" : "Several drafts are"} called ${named}`,
    "Give kind:name:version as ./bellwether policy list shows it.",
  );
};

export type Activated = {
  readonly key: string;
  readonly hash: string;
  readonly effectiveFrom: string | null;
};

/**
 * Puts a draft in force, by another person than its author. Doing it again after a failure ends
 * what was begun. `at`: event time in ms.
 */
export const activatePolicy = (
  named: string,
  by: KeyHolder,
  at: number | undefined,
  place: PolicyPlace,
): Promise<Activated> =>
  transact(place.pool, async (client) => {
    allow(by, activators);
    const { bootstrap, space } = place;
    const draft = await findDraft(client, named);
    const { hash } = draft;
    const key = policyKey(draft.document);
    if (draft.author === by.name) throw failure("SECOND_PERSON_MISSING", by.name, key);
    const known = await readPolicies(bootstrap, space);
    let document = known.get(key);
    if (document !== undefined && policyHash(document) !== hash)
      throw failure("POLICY_WRONG", key, "another text is in force under this version.");
    if (document === undefined) {
      checkNamed(draft.document, known, place);
      document = {
        ...readPolicy(JSON.stringify(draft.document), key),
        effective_from: startOf(at, Date.now(), space),
        activated_by: by.name,
      };
      await publish(document, place);
    }
    const effectiveFrom = document.effective_from ?? null;
    await client.query(
      `update policy_drafts set activated_by = $1, activated_at = coalesce(activated_at, now()),
         effective_from = $2 where kind = $3 and name = $4 and version = $5`,
      [document.activated_by, effectiveFrom, document.kind, document.name, document.version],
    );
    return { key, hash, effectiveFrom };
  });

const publish = async (document: PolicyDocument, { bootstrap, space }: PolicyPlace) => {
  const writer = await openWriter({ bootstrap, space, source: "policy@1" });
  try {
    await writer.send(policies, policyKey(document), document);
    await writer.flush();
  } finally {
    await writer.close();
  }
};
