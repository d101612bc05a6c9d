import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import { ticks, ticksFeatureProcessor } from "../../events/engine.ts";
import { customerFeatures } from "../../events/features.ts";
import { policies } from "../../events/policy.ts";
import { customerAlerts, predictionsStream, type Trigger } from "../../events/prediction.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { dayOf } from "../../rules/calendar.ts";
import { table } from "../../stream/codec.ts";
import { mintId } from "../../stream/ids.ts";
import {
  broadcast,
  count,
  deadLetter,
  drop,
  emit,
  forget,
  type Incoming,
  late,
  type OutcomeOf,
  processor,
} from "../../stream/processor.ts";
import { businessDaysOf } from "./country.ts";
import { arm, lookFor } from "./deadlines.ts";
import { changes, evolve, isSuspected, isTooLate } from "./evolve.ts";
import { knowsId } from "./lists.ts";
import { type ModelShelf, type ScoringView, scoringView } from "./models.ts";
import { currencyOf, movementOf } from "./movement.ts";
import { evolveProfile, setCurrency } from "./profile.ts";
import { type CustomerRow, customerCodec } from "./row.ts";
import { type Cause, score } from "./score.ts";
import { lookAt, type Sight } from "./sight.ts";
import { isCoolingDown, triggerOf } from "./triggers.ts";

type Context = {
  readonly customer: CustomerRow;
  readonly scoring: ScoringView;
  readonly mint: (ordinal: number) => string;
};

const duplicate = [drop("duplicate")];
const tooLate = [late("older_than_window")];
const notATrigger = [count("not_a_trigger")];
const coolingDown = [count("cool_down")];
const unobserved = [count("unobserved")];
const suspected = count("suspected_duplicate");
const withoutRate = count("no_rate");
const forgotId = count("transaction_id_forgotten");
const withoutHolidays = [count("country_without_holidays")];
const olderProfile = [drop("older_profile")];
const imprecise = [
  deadLetter("amount_precision", "amount has more decimals than the currency: round it."),
];

const writes = [customerFeatures, predictionsStream, customerAlerts] as const;
type Said = OutcomeOf<typeof writes>;

const emitScore = (key: string, context: Context, sight: Sight, cause: Cause): Said[] => {
  const { customer, scoring, mint } = context;
  const rules = scoring.rulesAt(cause.time);
  const scorer = scoring.scorerFor(key, cause.time);
  const { prediction, features, alert } = score(key, customer, sight, cause, scorer, rules, mint);
  const outcomes: Said[] = [
    emit(customerFeatures, key, features),
    emit(predictionsStream, key, prediction, { id: prediction.prediction_id }),
  ];
  if (alert) outcomes.push(emit(customerAlerts, key, alert, { id: alert.alert_id }));
  return outcomes;
};

const onTransaction = (
  record: Incoming<Transaction>,
  context: Context,
  currency: string,
): readonly Said[] => {
  const { value, key, time } = record;
  const row = context.customer;
  if (isTooLate(row, dayOf(time))) return tooLate;
  const id = value.transaction_id ?? mintId("transaction", record.origin, 0);
  const rates = context.scoring.ratesAt(time);
  if (row.currency === 0) setCurrency(row, value.currency ?? currency, rates, dayOf(time));
  const movement = movementOf(value, time, id, currencyOf(row.currency), rates);
  if (movement === undefined) return imprecise;
  if (knowsId(row, movement.id)) return duplicate;
  const { policy } = context.scoring.rulesAt(time);
  const trigger = triggerOf({ row, movement, policy, rates });
  const changed = evolve(row, movement);
  if (changed & changes.deadlines) arm(row, key, policy);
  const isTwice = isSuspected(row, movement);
  let outcomes = onTrigger(record, context, trigger, id);
  if (changed & changes.forgotId) outcomes = [forgotId, ...outcomes];
  if (isTwice) outcomes = [suspected, ...outcomes];
  return Number.isNaN(movement.amount) ? [withoutRate, ...outcomes] : outcomes;
};

/** A score, or the count of why there is none. */
const onTrigger = (
  { key, time }: Incoming<Transaction>,
  context: Context,
  trigger: Trigger | undefined,
  transaction: string,
): readonly Said[] => {
  const row = context.customer;
  const asOf = row.newest;
  if (asOf > row.observedUntil) return unobserved;
  if (trigger === undefined) return notATrigger;
  const { policy } = context.scoring.rulesAt(time);
  if (isCoolingDown(row, asOf, trigger, policy)) return coolingDown;
  return emitScore(key, context, lookAt(row, asOf), { trigger, time, asOf, transaction });
};

const onProfile = (
  key: string,
  profile: CustomerUpdate | null,
  time: number,
  context: Context,
  currency: string,
): readonly Said[] => {
  if (profile === null) return [emit(customerFeatures, key, null), forget()];
  const { customer: row, scoring } = context;
  if (!evolveProfile(row, profile, currency, scoring.ratesAt(time))) return olderProfile;
  arm(row, key, scoring.rulesAt(time).policy);
  const { country } = row;
  return country !== 0 && !businessDaysOf(country).knowsHolidays ? withoutHolidays : [];
};

/**
 * Delinquency's first hop: takes in a customer's transactions and profile, decides whether to
 * score, scores, and says why. `currency` is that of a transaction or profile that names none.
 */
export const assess = (models: ModelShelf, currency = "EUR") =>
  processor({
    name: "feature-processor",
    group: "feature-processor-group",
    reads: [transactionsStream, customerUpdates],
    writes,
    broadcast: {
      scoring: broadcast(
        policies,
        (entries) => scoringView(entries, models),
        (view) => view.waitsFor,
      ),
    },
    state: { customer: table("customer", customerCodec) },
    ticks: { topic: ticks, exact: false },
    clock: ticksFeatureProcessor,
    run: (record, context) =>
      record.topic.name === customerUpdates.name
        ? onProfile(record.key, record.value as CustomerUpdate, record.time, context, currency)
        : onTransaction(record as Incoming<Transaction>, context, currency),
    due: ({ key, time }, context) => {
      const row = context.customer;
      const { policy } = context.scoring.rulesAt(time);
      const asOf = Math.max(time, row.newest);
      const see = () => lookAt(row, asOf);
      const trigger = lookFor(row, key, time, policy, see);
      arm(row, key, policy);
      if (trigger === undefined) return [count("looked_in_vain")];
      if (asOf > row.observedUntil) return unobserved;
      if (isCoolingDown(row, asOf, trigger, policy)) return coolingDown;
      return emitScore(key, context, see(), { trigger, time, asOf, transaction: null });
    },
  });
