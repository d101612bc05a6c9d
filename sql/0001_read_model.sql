-- What people and the API read. Written by the sinks alone; Kafka holds the truth, and every row
-- can be written again from it. Times are event times. Money is in whole units of its currency.

create table transactions (
  customer_id text not null,
  transaction_id text not null,
  txn_time timestamptz not null,
  amount numeric(20, 4) not null,
  currency text not null,
  txn_type text not null,
  category text not null,
  channel text not null,
  merchant_id text,
  is_failed boolean not null,
  account_id text not null,
  balance_after numeric(20, 4),
  posted boolean not null,
  reverses text,
  primary key (customer_id, transaction_id)
);
create index transactions_recent on transactions (customer_id, txn_time desc);

create table customers (
  customer_id text primary key,
  version bigint not null,
  country text,
  time_zone text,
  base_currency text,
  statuses jsonb not null,
  profile jsonb not null,
  updated_at timestamptz not null
);

create table customer_features (
  customer_id text primary key,
  feature_set text not null,
  features jsonb not null,
  baselines jsonb not null,
  as_of timestamptz not null
);

create table risk_scores (
  prediction_id text primary key,
  customer_id text not null,
  risk_score double precision not null,
  risk_level text not null,
  score_date timestamptz not null,
  top_features jsonb not null,
  trigger text not null,
  previous_score double precision,
  transaction_id text,
  base_value double precision not null,
  contributions jsonb not null,
  model_version text not null,
  model_hash text not null,
  feature_set text not null,
  policy_version text not null,
  as_of timestamptz
);
create index risk_scores_recent on risk_scores (score_date desc);
create index risk_scores_of_customer on risk_scores (customer_id, score_date desc);
create index risk_scores_by_level on risk_scores (risk_level);

-- Steps taken.
create table interventions (
  intervention_id text primary key,
  customer_id text not null,
  intervention_type text not null,
  channel text,
  priority integer,
  risk_level text not null,
  risk_score double precision not null,
  message text,
  timestamp timestamptz not null,
  status text not null,
  top_risk_factors jsonb not null,
  reasons jsonb,
  episode_id text,
  prediction_id text,
  policy_version text,
  arm text
);
create index interventions_recent on interventions (timestamp desc);
create index interventions_of_customer on interventions (customer_id, timestamp desc);
create index interventions_by_type on interventions (intervention_type);

-- Steps stopped, put off, or withheld from the control group, and why.
create table suppressed_interventions (
  intervention_id text primary key,
  customer_id text not null,
  intervention_type text not null,
  channel text,
  priority integer,
  risk_level text not null,
  risk_score double precision not null,
  message text,
  timestamp timestamptz not null,
  status text not null,
  suppressed_by text,
  not_before timestamptz,
  top_risk_factors jsonb not null,
  reasons jsonb,
  episode_id text,
  prediction_id text,
  policy_version text,
  arm text
);
create index suppressed_interventions_recent on suppressed_interventions (timestamp desc);
create index suppressed_interventions_of_customer
  on suppressed_interventions (customer_id, timestamp desc);
create index suppressed_interventions_by_reason on suppressed_interventions (suppressed_by);

create table outcomes (
  outcome_id text primary key,
  customer_id text not null,
  outcome text not null,
  obligation_id text,
  amount numeric(20, 4),
  currency text,
  due_date timestamptz,
  decision_date timestamptz,
  intervention_id text,
  timestamp timestamptz not null,
  learned_at timestamptz not null
);
create index outcomes_of_customer on outcomes (customer_id, timestamp desc);

-- Where records that could not be used came from, and why. Their bytes stay in Kafka.
create table dead_letters (
  origin text not null,
  processor text not null,
  reason text not null,
  at timestamptz not null,
  primary key (origin, processor)
);
create index dead_letters_recent on dead_letters (at desc);

-- Records that came too late to count. `at` is the event time.
create table late_events (
  origin text not null,
  processor text not null,
  reason text not null,
  at timestamptz not null,
  primary key (origin, processor)
);

-- How far each table was written from each partition. A sink moves `next` in the transaction that
-- writes the rows, from the value that it knows and no other. topic_id is new at each creation.
create table sink_offsets (
  sink text not null,
  topic text not null,
  topic_id text not null,
  partition integer not null,
  next bigint not null,
  primary key (sink, topic, partition)
) with (fillfactor = 50);

-- Counts by level and type are answered from the index alone where pages are known to be visible,
-- which a vacuum notes: have it come after 5 % of new rows instead of 20 %.
alter table risk_scores set (autovacuum_vacuum_insert_scale_factor = 0.05);
alter table interventions set (autovacuum_vacuum_insert_scale_factor = 0.05);
alter table suppressed_interventions set (autovacuum_vacuum_insert_scale_factor = 0.05);
