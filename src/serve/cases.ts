import type pg from "pg";
import { Failure, failure } from "../errors.ts";
import type { CaseDecision, CaseReason, DecisionKind } from "../events/case.ts";
import { type RiskLevel, riskLevels } from "../events/prediction.ts";
import { isoTime } from "../events/time.ts";
import { ingestId, mintId } from "../stream/ids.ts";
import type { Caller } from "./access.ts";
import type { ActAnswer, ActResult } from "./messages/queue.ts";
import { readingTables } from "./vectors.ts";

/** Writes decisions; they are in Kafka when this resolves. Throws BROKER_AWAY. */
export type WriteCases = (decisions: readonly CaseDecision[]) => Promise<void>;

/** What a person does with customers. */
export type CaseAct =
  | {
      kind: "decided";
      decision: DecisionKind;
      reason_codes: readonly CaseReason[];
      note?: string;
      rest_days?: number;
    }
  | { kind: "assigned"; to: string }
  | { kind: "released" }
  | { kind: "reopened" };

export type CaseAsk = {
  customers: readonly string[];
  act: CaseAct;
  caller: Caller;
  /** The same key by the same person does it once. */
  key: string | undefined;
  dryRun: boolean;
};

/** How long a decision rests where nobody says, in days. */
const usualRestDays: Readonly<Record<DecisionKind, number>> = {
  contact_by_person: 7,
  watch: 7,
  no_action: 14,
  payment_plan: 30,
  false_alarm: 30,
};
const dayMs = 86_400_000;
/** Ten seconds to change one's mind, and one for the way. */
const undoMaxMs = 11_000;
const rememberedMost = 5_000;

type Known = {
  customer_id: string;
  risk_level: RiskLevel | null;
  risk_score: number | null;
  prediction_id: string | null;
  assignee: string | null;
  decision: string | null;
};

const readKnown = async (
  pool: pg.Pool,
  customers: readonly string[],
): Promise<Map<string, Known>> => {
  const { rows } = await readingTables(() =>
    pool.query<Known>({
      name: "cases known",
      text: `select customer_id, risk_level, risk_score, prediction_id, assignee, decision
             from cases where customer_id = any($1)`,
      values: [customers],
    }),
  );
  return new Map(rows.map((row) => [row.customer_id, row]));
};

/** Leads give cases to anybody; others take what is free, and give back what is theirs. */
const mayGive = ({ role }: Caller): boolean => role === "lead" || role === "admin";

/** Why it cannot be done with this customer; undefined: it can. */
const refusalOf = (
  { act, caller }: CaseAsk,
  id: string,
  known: Known | undefined,
): Failure | undefined => {
  if (known === undefined) return failure("CUSTOMER_UNKNOWN", id);
  const { assignee, decision } = known;
  if (act.kind === "reopened" && decision === null) return failure("CASE_NOT_DECIDED", id);
  if (act.kind === "released" && assignee === null) return failure("CASE_NOT_ASSIGNED", id);
  if ((act.kind !== "assigned" && act.kind !== "released") || mayGive(caller)) return undefined;
  if (act.kind === "assigned" && act.to !== caller.name) return failure("CASE_NOT_TO_OTHERS");
  if (assignee !== null && assignee !== caller.name) return failure("CASE_TAKEN", assignee);
  return undefined;
};

const fieldsOf = (act: CaseAct, now: number): Partial<CaseDecision> => {
  if (act.kind === "assigned") return { to: act.to };
  if (act.kind !== "decided") return {};
  const { decision, reason_codes, note, rest_days = usualRestDays[decision] } = act;
  const rests_until = isoTime(now + rest_days * dayMs);
  return { decision, reason_codes: [...reason_codes], note: note ?? null, rests_until };
};

const decisionOf = ({ act, caller, key }: CaseAsk, known: Known, now: number): CaseDecision => {
  const { customer_id, risk_level, risk_score, prediction_id } = known;
  const cause = `${caller.name}\n${key}\n${customer_id}`;
  return {
    case_decision_id: key === undefined ? ingestId(now) : mintId("case", cause, 0),
    customer_id,
    kind: act.kind,
    ...fieldsOf(act, now),
    risk_level,
    risk_score,
    prediction_id,
    by: caller.name,
    role: caller.role,
    timestamp: isoTime(now),
    event_time: isoTime(now),
    event_type: "case_decision",
  };
};

const refused = (customer_id: string | null, fault: Failure): ActResult => ({
  customer_id,
  status: fault.http,
  case_decision_id: null,
  error: fault.message,
  code: fault.code,
});

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const bandWords = { LOW: "Low", MEDIUM: "Medium", HIGH: "High", CRITICAL: "Critical" } as const;

const doings: Readonly<Record<CaseAct["kind"], string>> = {
  decided: "Decides",
  assigned: "Assigns",
  released: "Gives back",
  reopened: "Reopens",
};

/** The effect in numbers: how many of which band, and what of it was somebody's already. */
const saysOf = ({ act, caller }: CaseAsk, taken: readonly Known[], refusals: number): string => {
  const bands = riskLevels
    .toReversed()
    .map(
      (band) => [bandWords[band], taken.filter((one) => one.risk_level === band).length] as const,
    )
    .filter(([, n]) => n > 0)
    .map(([band, n]) => `${n} ${band}`);
  const others = taken.filter(({ assignee }) => assignee !== null && assignee !== caller.name);
  const before = act.kind === "decided" ? taken.filter(({ decision }) => decision !== null) : [];
  const which = bands.length > 0 ? ` (${bands.join(", ")})` : "";
  return [
    `${doings[act.kind]} ${counted(taken.length, "customer", "customers")}${which}.`,
    before.length > 0 ? `${before.length} of them had been decided before.` : "",
    others.length > 0 ? `${others.length} of them somebody else takes care of.` : "",
    refusals > 0 ? `${counted(refusals, "is", "are")} left out: see why at each.` : "",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
};

/** What was written lately, until the tables have it. */
type Written = Pick<CaseDecision, "case_decision_id" | "customer_id" | "kind" | "by"> & {
  at: number;
};

const undoable = (
  id: string,
  found: Written | undefined,
  { caller, now }: { caller: Caller; now: number },
): Failure | undefined => {
  if (found === undefined || found.kind === "undone") return failure("CASE_DECISION_UNKNOWN", id);
  if (found.by !== caller.name) return failure("CASE_UNDO_OTHERS", found.by);
  if (now - found.at > undoMaxMs) return failure("CASE_UNDO_LATE");
  return undefined;
};

/** What people decide of customers in the queue. It counts once Kafka has it. */
export class CaseDesk {
  readonly #pool: pg.Pool;
  readonly #write: WriteCases;
  readonly #now: () => number;
  readonly #written = new Map<string, Written>();

  constructor(pool: pg.Pool, write: WriteCases, now: () => number = Date.now) {
    this.#pool = pool;
    this.#write = write;
    this.#now = now;
  }

  /** Does it with each customer, or says why not. Throws READ_MODEL_AWAY and BROKER_AWAY. */
  act = async (ask: CaseAsk): Promise<ActAnswer> => {
    const customers = [...new Set(ask.customers)];
    const known = await readKnown(this.#pool, customers);
    const now = this.#now();
    const judged = customers.map((id) => {
      const found = known.get(id);
      return refusalOf(ask, id, found) ?? decisionOf(ask, found as Known, now);
    });
    const decisions = judged.filter((one): one is CaseDecision => !(one instanceof Failure));
    if (!ask.dryRun) await this.#put(decisions);
    const taken = decisions.map(({ customer_id }) => known.get(customer_id) as Known);
    const refusals = judged.length - decisions.length;
    return {
      dry_run: ask.dryRun,
      done: decisions.length,
      refused: refusals,
      says: saysOf(ask, taken, refusals),
      results: judged.map((one, at) =>
        one instanceof Failure
          ? refused(customers[at], one)
          : {
              customer_id: one.customer_id,
              status: 200,
              case_decision_id: ask.dryRun ? null : one.case_decision_id,
            },
      ),
    };
  };

  async #put(decisions: readonly CaseDecision[]): Promise<void> {
    if (decisions.length === 0) return;
    await this.#write(decisions);
    for (const { case_decision_id, customer_id, kind, by, timestamp } of decisions) {
      const at = this.#written.get(case_decision_id)?.at ?? Date.parse(timestamp);
      this.#written.set(case_decision_id, { case_decision_id, customer_id, kind, by, at });
    }
    for (const id of this.#written.keys()) {
      if (this.#written.size <= rememberedMost) break;
      this.#written.delete(id);
    }
  }

  async #find(ids: readonly string[]): Promise<Map<string, Written>> {
    const found = new Map<string, Written>();
    for (const id of ids) {
      const written = this.#written.get(id);
      if (written) found.set(id, written);
    }
    const left = ids.filter((id) => !found.has(id));
    if (left.length === 0) return found;
    const { rows } = await readingTables(() =>
      this.#pool.query<Omit<Written, "at"> & { at: Date }>({
        name: "cases written",
        text: `select case_decision_id, customer_id, kind, made_by as by, made_at as at
               from case_decisions where case_decision_id = any($1)`,
        values: [left],
      }),
    );
    for (const row of rows) found.set(row.case_decision_id, { ...row, at: row.at.getTime() });
    return found;
  }

  /** Takes back what the same person did within ten seconds. Twice is as once. */
  undo = async (ids: readonly string[], caller: Caller): Promise<ActAnswer> => {
    const asked = [...new Set(ids)];
    const found = await this.#find(asked);
    const now = this.#now();
    const judged = asked.map((id) => undoable(id, found.get(id), { caller, now }) ?? id);
    const undone = judged.filter((one) => typeof one === "string");
    const eventOf = (undoes: string): CaseDecision => ({
      case_decision_id: mintId("undo", undoes, 0),
      customer_id: (found.get(undoes) as Written).customer_id,
      kind: "undone",
      undoes,
      by: caller.name,
      role: caller.role,
      timestamp: isoTime(now),
      event_time: isoTime(now),
      event_type: "case_decision",
    });
    const events = new Map(undone.map((id) => [id, eventOf(id)]));
    await this.#put([...events.values()]);
    const refusals = judged.length - undone.length;
    const left = refusals > 0 ? ` ${counted(refusals, "stays", "stay")} as decided.` : "";
    return {
      dry_run: false,
      done: undone.length,
      refused: refusals,
      says: `Takes back ${counted(undone.length, "decision", "decisions")}.${left}`,
      results: judged.map((one, at) => {
        const customer = found.get(asked[at])?.customer_id ?? null;
        if (one instanceof Failure) return refused(customer, one);
        const { case_decision_id } = events.get(one) as CaseDecision;
        return { customer_id: customer, status: 200, case_decision_id };
      }),
    };
  };
}
