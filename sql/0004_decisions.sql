-- What the API decides, asks and waits to say, and what a decision rests on.

-- A prediction's fields that have no column of their own, such as its seal.
alter table risk_scores add column more jsonb;

-- Every version of a policy as it travelled on topic `policies`; written by the sink. The API
-- scores by these, so that it can while Kafka is away.
create table policies (
  policy_key text primary key,
  kind text not null,
  name text not null,
  version text not null,
  effective_from timestamptz,
  document jsonb not null
);

-- Predictions that wait to be published, oldest first. A row comes in the transaction that writes
-- the prediction to risk_scores, and goes when its record is in Kafka.
create table outbox (
  place bigint generated always as identity primary key,
  prediction_id text not null unique,
  customer_id text not null,
  prediction jsonb not null,
  claimed boolean not null default false
);
create index outbox_of_customer on outbox (customer_id);

-- Behind these offsets lie the records of claimed rows, if they were written at all: there it is
-- looked up what became of them when the relay did not live to take them out.
create table outbox_offsets (
  topic text not null,
  partition integer not null,
  next bigint not null,
  primary key (topic, partition)
);

-- Answers to "what if": never published, never a customer's score.
create table what_if_scores (
  prediction_id text primary key,
  customer_id text not null,
  prediction jsonb not null,
  instead jsonb not null,
  asked_by text not null,
  asked_at timestamptz not null
);
create index what_if_scores_of_customer on what_if_scores (customer_id);

-- Somebody disagrees with a decision and asks a person to look at it.
create table reviews (
  review_id text primary key,
  decision_id text not null,
  customer_id text not null,
  asked_by text not null,
  reason text not null,
  asked_at timestamptz not null
);
create index reviews_of_decision on reviews (decision_id, asked_at);
create index reviews_of_customer on reviews (customer_id);

-- What was done about a prediction.
create index interventions_of_prediction on interventions (prediction_id);
create index suppressed_interventions_of_prediction on suppressed_interventions (prediction_id);
