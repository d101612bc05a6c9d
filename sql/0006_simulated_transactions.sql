-- What `simulate transactions` is going to send: everything that happens to simulated people, in
-- the order of sending, before the first of it is sent. It is streamed from here; how far that has
-- come is committed in Kafka together with the events, so that nothing is sent twice or left out.

create table simulated_plan (
  only_one boolean primary key default true check (only_one),
  plan_id uuid not null,
  seed bigint not null,
  customers integer not null,
  faults jsonb not null,
  starts_at timestamptz not null,
  -- Everything that is sent before this time is in the plan, once complete.
  ends_at timestamptz not null,
  complete boolean not null,
  row_count bigint not null,
  edition integer not null
);

-- `topic` says what a row is: a transaction, a profile, an outcome, or the truth about a story.
-- `value` is what is sent, byte for byte; one that cannot be read is meant to be so.
create table simulated_transactions (
  position bigint primary key,
  topic text not null,
  customer_id text not null,
  event_id text not null,
  event_time timestamptz not null,
  send_at timestamptz not null,
  value text not null
);
create index simulated_transactions_of_customer
  on simulated_transactions (customer_id, position);
