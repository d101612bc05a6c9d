import type pg from "pg";
import type { Config } from "./config.ts";
import { isUnreachable } from "./db.ts";
import { Failure, failure } from "./errors.ts";
import type { CustomerFeatures } from "./events/features.ts";
import type { Prediction } from "./events/prediction.ts";
import { isoTime, timeMs } from "./events/time.ts";
import type { modelShelf } from "./models.ts";
import { type ScoringView, scoringView } from "./process/delinquency/models.ts";
import { checkFeatures, predict } from "./process/delinquency/predict.ts";
import { predictionOf } from "./serve/decision.ts";
import { Gathering } from "./serve/gathering.ts";
import { Given } from "./serve/given.ts";
import type { Predict, Predicted, PredictionAsk } from "./serve/routes/predict.ts";
import { readStandings, type Standing } from "./serve/standing.ts";
import type { Stores } from "./serve/vectors.ts";
import { putPredictions } from "./sink/outbox.ts";
import { ingestId, mintId } from "./stream/ids.ts";

/**
 * Predictions on request: the newest features, from Redis or else Postgres; the policies and the
 * model in force, by the tables; the scorer of `assess`. What is answered was stored before, with
 * the outbox in one transaction. Kafka has no part in it.
 */
export type PredictorOptions = Stores & {
  config: Pick<Config, "space" | "currency">;
  shelf: ReturnType<typeof modelShelf>;
};

/** A version comes into force at least ten seconds after it was written. */
const policiesFreshMs = 2_000;

const policiesOf = (pool: pg.Pool, shelf: PredictorOptions["shelf"]) => {
  let view: ScoringView | undefined;
  let from = "";
  let readAt = Number.NEGATIVE_INFINITY;
  return async (): Promise<ScoringView> => {
    if (view && performance.now() - readAt < policiesFreshMs) return view;
    const { rows } = await pool.query<{ policy_key: string; document: unknown }>({
      name: "scoring policies",
      text: `select policy_key, document from policies
             where kind in ('scoring', 'model') order by policy_key`,
    });
    const text = JSON.stringify(rows);
    if (view === undefined || text !== from) {
      const entries = new Map(rows.map((row) => [row.policy_key, row.document]));
      view = scoringView(entries, shelf);
      from = text;
    }
    if (view.waitsFor !== undefined) {
      const { waitsFor } = view;
      view = undefined;
      throw failure("POLICY_MISSING", waitsFor);
    }
    readAt = performance.now();
    return view;
  };
};

type Queries = Pick<pg.Pool, "query">;

/** What the same requests were answered before, by the id of the prediction. */
const answered = async (db: Queries, ids: string[], whatIf: boolean) => {
  const [table, body] = whatIf ? ["what_if_scores", "prediction"] : ["risk_scores", "to_jsonb(t)"];
  const { rows } = await db.query(
    `select prediction_id, ${body} as body from ${table} t where prediction_id = any($1)`,
    [ids],
  );
  return new Map(
    rows.map(({ prediction_id, body }): [string, Predicted] => [
      prediction_id,
      { prediction: whatIf ? body : predictionOf(body), what_if: whatIf },
    ]),
  );
};

type Standings = ReadonlyMap<string, Standing>;
type Answers = {
  all: ReadonlyMap<string, Predicted | Failure>;
  /** Those that were not answered before. */
  fresh: readonly Predicted[];
};

class Predictor {
  readonly #options: PredictorOptions;
  readonly #policies: () => Promise<ScoringView>;
  readonly #turns = new Map<string, Promise<void>>();
  // Requests that come at the same time share their questions to the stores.
  readonly #standings: Gathering<string, Standings>;
  readonly #puts: Gathering<Prediction, ReadonlySet<string>>;
  readonly #given = new Given();

  constructor(options: PredictorOptions) {
    const { pool, shelf } = options;
    this.#options = options;
    this.#policies = policiesOf(pool, shelf);
    this.#standings = new Gathering<string, Standings>((ids) =>
      readStandings(options, [...new Set(ids)]),
    );
    this.#puts = new Gathering<Prediction, ReadonlySet<string>>((all) => putPredictions(pool, all));
  }

  ask: Predict = async (ask) => {
    if (ask.instead) checkFeatures(Object.keys(ask.instead));
    try {
      const { all } = ask.instead
        ? await this.#whatIf(ask)
        : await this.#inTurn(ask.customers, async () => this.#put(await this.#score(ask)));
      return ask.customers.map((id) => all.get(id) ?? failure("CUSTOMER_UNKNOWN", id));
    } catch (thrown) {
      throw isUnreachable(thrown) ? failure("READ_MODEL_AWAY") : thrown;
    }
  };

  async #whatIf(ask: PredictionAsk): Promise<Answers> {
    const scored = await this.#score(ask);
    if (scored.fresh.length > 0) await putWhatIfs(this.#options.pool, ask, scored.fresh);
    return scored;
  }

  /** Stores what is fresh; what was stored under the same id meanwhile takes its place. */
  async #put({ all, fresh }: Answers): Promise<Answers> {
    if (fresh.length === 0) return { all, fresh };
    const { pool } = this.#options;
    const predictions = fresh.map(({ prediction }) => prediction);
    const put = await this.#puts.ask(predictions);
    const isPut = (one: Prediction) => put.has(one.prediction_id);
    for (const one of predictions.filter(isPut)) this.#given.note(one);
    if (predictions.every(isPut)) return { all, fresh };
    const stored = await answered(
      pool,
      predictions.map((one) => one.prediction_id),
      false,
    );
    const replaced = new Map(all);
    for (const one of stored.values()) replaced.set(one.prediction.customer_id, one);
    return { all: replaced, fresh };
  }

  /** One decision after another about each customer, in the order in which they were asked for. */
  async #inTurn<T>(customers: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = customers.map((customer) => this.#turns.get(customer));
    const done = Promise.all(before).then(work);
    const over = done.then(
      () => undefined,
      () => undefined,
    );
    for (const customer of customers) this.#turns.set(customer, over);
    await over;
    for (const customer of customers)
      if (this.#turns.get(customer) === over) this.#turns.delete(customer);
    return done;
  }

  async #score(ask: PredictionAsk): Promise<Answers> {
    const { instead, customers } = ask;
    const what_if = instead !== undefined;
    const ids = new Map(customers.map((customer) => [customer, idOf(ask, customer)]));
    const [standings, view, before] = await Promise.all([
      this.#standings.ask(customers),
      this.#policies(),
      ask.idempotencyKey ? answered(this.#options.pool, [...ids.values()], what_if) : undefined,
    ]);
    const all = new Map<string, Predicted | Failure>();
    const fresh: Predicted[] = [];
    for (const customer of new Set(customers)) {
      const standing = standings.get(customer);
      if (standing === undefined) continue;
      const { features } = standing;
      const id = ids.get(customer) as string;
      const earlier = before?.get(id);
      const previous = this.#given.orNewer(customer, standing.previous);
      const time = this.#timeOf(features);
      const currency = standing.currency ?? this.#options.config.currency;
      const asked = { id, features, instead, previous, time, currency };
      const one = earlier ?? attempt(() => predict(asked, ...inForce(view, customer, time)));
      const answer =
        one instanceof Failure || "what_if" in one ? one : { prediction: one, what_if };
      if (!earlier && !(answer instanceof Failure)) fresh.push(answer);
      all.set(customer, answer);
    }
    return { all, fresh };
  }

  /** In spaces of imported or replayed events, now is when their newest event was. */
  #timeOf(vector: CustomerFeatures): number {
    return this.#options.config.space === "live" ? Date.now() : timeMs(vector.as_of);
  }
}

const inForce = (view: ScoringView, customer: string, time: number) =>
  [view.scorerFor(customer, time), view.rulesAt(time)] as const;

/** The same caller gets the same id for the same question under the same idempotency key. */
const idOf = ({ idempotencyKey: key, instead, by }: PredictionAsk, customer: string): string => {
  if (key === undefined) return ingestId(Date.now());
  const asked = `${by}\n${key}\n${customer}`;
  if (instead === undefined) return mintId("prediction", asked, 0);
  const features = Object.entries(instead).sort(([a], [b]) => (a < b ? -1 : 1));
  return mintId("what-if", `${asked}\n${JSON.stringify(features)}`, 0);
};

export const openPredictor = (options: PredictorOptions): Predict => new Predictor(options).ask;

const attempt = <T>(work: () => T): T | Failure => {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
};

const putWhatIfs = async (
  pool: pg.Pool,
  { instead, by }: PredictionAsk,
  fresh: readonly Predicted[],
): Promise<void> => {
  const asked_at = isoTime(Date.now());
  const rows = fresh.map(({ prediction }) => ({
    prediction_id: prediction.prediction_id,
    customer_id: prediction.customer_id,
    prediction,
    instead,
    asked_by: by,
    asked_at,
  }));
  await pool.query(
    `insert into what_if_scores select * from json_to_recordset($1) as w(
       prediction_id text, customer_id text, prediction jsonb, instead jsonb, asked_by text,
       asked_at timestamptz) on conflict do nothing`,
    [JSON.stringify(rows)],
  );
};
