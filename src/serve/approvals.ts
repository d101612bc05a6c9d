import { randomUUID } from "node:crypto";
import type pg from "pg";
import { Failure, failure, sentenceOf } from "../errors.ts";
import type { Caller } from "./access.ts";
import type { ApprovalAnswer, ApprovalState } from "./messages/approvals.ts";
import type { Role } from "./permissions.ts";
import { readingTables } from "./vectors.ts";

/**
 * Four eyes: one person asks for something, another agrees, and then it is done, once.
 *
 *   open → approved → done or failed        agreed to by another name, carried out
 *   open → refused, withdrawn               by another name; by the one who asked
 *
 * The step from open to approved is one statement that only one caller can win. What follows runs
 * under a lock of the database; where it dies before its outcome was written, whoever agrees again
 * has it carried out again under the same id, by which the act knows what it has done already.
 */
export type FourEyesAct = {
  /** Stands in the record, such as `redrive`. */
  readonly act: string;
  /** Who may ask for it, and who may agree. Admins may do both. */
  readonly roles: readonly Role[];
  /** The customer whom it is about, if it is about one. */
  readonly about?: (what: unknown) => string;
  /**
   * Does it, and says in words what came of it. Called again with the same id, it must not do
   * anything twice.
   */
  readonly carryOut: (what: unknown, by: Agreed) => Promise<string>;
};
export type Agreed = {
  readonly approvalId: string;
  readonly askedBy: string;
  readonly agreedBy: string;
};

export type Wish = {
  readonly act: string;
  readonly what: unknown;
  /** What it will bring about, in words and numbers. */
  readonly effect: string;
};

/** Keeps a record of who asked, agreed, refused or withdrew: before it counts. */
export type NoteApproval = (caller: Caller, detail: string, customer?: string) => Promise<void>;

type Row = {
  approval_id: string;
  act: string;
  what: unknown;
  effect: string;
  asked_by: string;
  asked_at: Date;
  expires_at: Date;
  state: ApprovalState;
  decided_by: string | null;
  decided_at: Date | null;
  outcome: string | null;
};

const validHours = 24;
const listMost = 100;
const columns = `approval_id, act, what, effect, asked_by, asked_at, expires_at, decided_by,
  decided_at, outcome,
  case when state = 'open' and expires_at <= now() then 'expired' else state end as state`;

const iso = (date: Date): string => date.toISOString();

export class Approvals {
  readonly #pool: pg.Pool;
  readonly #acts: ReadonlyMap<string, FourEyesAct>;
  readonly #note: NoteApproval;

  constructor(pool: pg.Pool, acts: readonly FourEyesAct[], note: NoteApproval) {
    this.#pool = pool;
    this.#acts = new Map(acts.map((one) => [one.act, one]));
    this.#note = note;
  }

  /** Puts a wish before a second person. Throws KEY_ROLE_WRONG. */
  async ask({ act, what, effect }: Wish, caller: Caller): Promise<ApprovalAnswer> {
    const known = this.#acts.get(act);
    if (known === undefined) throw failure("FAILED", `Nothing is known of the act ${act}.`);
    allow(known.roles, caller);
    const customer = known.about?.(what);
    await this.#note(caller, `asked a second person to agree: ${effect}`, customer);
    const { rows } = await readingTables(() =>
      this.#pool.query<Row>(
        `insert into approvals (approval_id, act, what, effect, asked_by, expires_at)
         values ($1, $2, $3, $4, $5, now() + make_interval(hours => $6)) returning ${columns}`,
        [randomUUID(), act, JSON.stringify(what), effect, caller.name, validHours],
      ),
    );
    return this.#answer(rows[0], caller);
  }

  async list(caller: Caller, acts: readonly string[] | undefined): Promise<ApprovalAnswer[]> {
    const { rows } = await readingTables(() =>
      this.#pool.query<Row>(
        `select ${columns} from approvals where $1::text[] is null or act = any($1)
         order by (state = 'open' and expires_at > now()) desc, asked_at desc limit ${listMost}`,
        [acts ?? null],
      ),
    );
    return rows.map((row) => this.#answer(row, caller));
  }

  /**
   * Agrees, upon which it is carried out. Throws APPROVAL_UNKNOWN, APPROVAL_OWN, APPROVAL_DECIDED,
   * APPROVAL_EXPIRED, KEY_ROLE_WRONG.
   */
  async agree(id: string, caller: Caller): Promise<ApprovalAnswer> {
    const row = await this.#decidable(id, caller);
    if (row.asked_by === caller.name) throw failure("APPROVAL_OWN", caller.name);
    if (row.state !== "approved") {
      const about = this.#acts.get(row.act)?.about?.(row.what);
      await this.#note(caller, `agreed as the second person: ${row.effect}`, about);
      await this.#decide(id, "approved", caller);
    }
    await this.#carryOut(id);
    return this.#answer(await this.#read(id), caller);
  }

  /** Refuses, or for the one who asked, withdraws. Throws as `agree` does. */
  async refuse(id: string, caller: Caller): Promise<ApprovalAnswer> {
    const { asked_by, effect, state, act, what } = await this.#decidable(id, caller);
    if (state === "approved") throw decided(await this.#read(id));
    const own = asked_by === caller.name;
    const about = this.#acts.get(act)?.about?.(what);
    await this.#note(
      caller,
      `${own ? "withdrew" : "refused"} what was asked for: ${effect}`,
      about,
    );
    await this.#decide(id, own ? "withdrawn" : "refused", caller);
    return this.#answer(await this.#read(id), caller);
  }

  async #read(id: string): Promise<Row> {
    const { rows } = await readingTables(() =>
      this.#pool.query<Row>(`select ${columns} from approvals where approval_id = $1`, [id]),
    );
    if (rows.length === 0) throw failure("APPROVAL_UNKNOWN", id);
    return rows[0];
  }

  /** One that is open still, or approved and not carried out. */
  async #decidable(id: string, caller: Caller): Promise<Row> {
    const row = await this.#read(id);
    allow(this.#acts.get(row.act)?.roles ?? [], caller);
    if (row.state === "expired") throw failure("APPROVAL_EXPIRED", iso(row.expires_at));
    if (row.state !== "open" && row.state !== "approved") throw decided(row);
    return row;
  }

  async #decide(id: string, state: ApprovalState, { name }: Caller): Promise<void> {
    const { rowCount } = await readingTables(() =>
      this.#pool.query(
        `update approvals set state = $2, decided_by = $3, decided_at = now()
         where approval_id = $1 and state = 'open' and expires_at > now()`,
        [id, state, name],
      ),
    );
    if (rowCount === 0) throw decided(await this.#read(id));
  }

  async #carryOut(id: string): Promise<void> {
    const client = await this.#pool.connect();
    try {
      const lock = `hashtextextended(current_schema() || ' approval ' || $1, 0)`;
      const { rows } = await client.query(`select pg_try_advisory_lock(${lock}) as mine`, [id]);
      if (!rows[0].mine) throw failure("APPROVAL_UNDER_WAY");
      try {
        await this.#carryOutLocked(id);
      } finally {
        await client.query(`select pg_advisory_unlock(${lock})`, [id]);
      }
    } finally {
      client.release();
    }
  }

  async #carryOutLocked(id: string): Promise<void> {
    const row = await this.#read(id);
    if (row.state !== "approved") throw decided(row);
    const { act, what, asked_by: askedBy } = row;
    const by = { approvalId: id, askedBy, agreedBy: row.decided_by as string };
    let state = "done";
    let outcome: string;
    try {
      outcome = await (this.#acts.get(act) as FourEyesAct).carryOut(what, by);
    } catch (thrown) {
      // What may succeed later stays approved, and can be asked for again.
      if (thrown instanceof Failure && thrown.retryable) throw thrown;
      state = "failed";
      outcome = thrown instanceof Failure ? sentenceOf(thrown) : "It failed unexpectedly.";
    }
    await readingTables(() =>
      this.#pool.query("update approvals set state = $2, outcome = $3 where approval_id = $1", [
        id,
        state,
        outcome,
      ]),
    );
  }

  #answer(row: Row, { name, role }: Caller): ApprovalAnswer {
    const { what: _, asked_at, expires_at, decided_at, ...rest } = row;
    const roles = this.#acts.get(row.act)?.roles ?? [];
    const yours = row.asked_by === name;
    const undecided = row.state === "open" || row.state === "approved";
    return {
      ...rest,
      asked_at: iso(asked_at),
      expires_at: iso(expires_at),
      decided_at: decided_at && iso(decided_at),
      roles: [...roles],
      yours,
      may_decide: undecided && !yours && (role === "admin" || roles.includes(role)),
    };
  }
}

const allow = (roles: readonly Role[], { role }: Caller): void => {
  if (role !== "admin" && !roles.includes(role))
    throw failure("KEY_ROLE_WRONG", role, roles.join(" or "));
};

const words: Partial<Record<ApprovalState, string>> = {
  approved: "agreed to",
  done: "agreed to",
  failed: "agreed to",
};

const decided = ({ state, decided_by, expires_at }: Row): Failure =>
  state === "expired"
    ? failure("APPROVAL_EXPIRED", iso(expires_at))
    : failure("APPROVAL_DECIDED", words[state] ?? state, decided_by ?? "nobody");
