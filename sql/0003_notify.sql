-- What is to be said to whom, and the ledger of what was tried. Written by notify and, for calls,
-- by the API. A customer's erasure takes the rows of `notifications`, and the rest with them.

create table notifications (
  notification_id text primary key,
  seq bigint generated always as identity,
  -- The key of the topic's record, which the result bears too.
  key text not null,
  audience text not null,
  customer_id text,
  recipient text,
  intervention_id text,
  channel text not null,
  priority smallint not null,
  purpose text,
  message text not null,
  policy_version text,
  decided_at timestamptz not null,
  queued_at timestamptz not null,
  -- When it may be looked at next; what has expired by then is never sent.
  next_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null default 'waiting' check (state in
    ('waiting', 'reserved', 'accepted', 'rejected', 'expired', 'withdrawn', 'unknown'))
);
create index notifications_waiting on notifications (priority, seq) where state = 'waiting';
create index notifications_due on notifications (next_at) where state = 'waiting';
create index notifications_expiring on notifications (expires_at) where state = 'waiting';
create index notifications_of_customer on notifications (customer_id);
create index notifications_unknown on notifications (seq) where state = 'unknown';

-- One row for each attempt. An attempt is reserved before anything leaves the house; who dies after
-- that leaves a reservation behind, of which nobody can say what became: unknown.
create table notification_attempts (
  notification_id text not null references notifications on delete cascade,
  attempt integer not null,
  customer_id text,
  intervention_id text,
  channel text not null,
  -- Who was asked to send it; the same key at the same provider is sent once, where idempotent.
  provider text,
  idempotent boolean not null default false,
  simulated boolean not null default true,
  state text not null check (state in
    ('reserved', 'accepted', 'rejected', 'expired', 'withdrawn', 'unknown')),
  reason text,
  reference text,
  sender text,
  reserved_at timestamptz not null,
  settled_at timestamptz,
  -- Who allowed a further attempt although nobody knows what became of this one.
  released_by text,
  released_at timestamptz,
  primary key (notification_id, attempt)
);
-- At most one send for an intervention and channel, and for a notification: what is on its way, has
-- been taken, or may have been, shuts out any other.
create unique index notification_attempts_one_of_intervention
  on notification_attempts (intervention_id, channel)
  where intervention_id is not null and released_by is null
    and state in ('reserved', 'accepted', 'unknown');
create unique index notification_attempts_one_of_notification
  on notification_attempts (notification_id)
  where released_by is null and state in ('reserved', 'accepted', 'unknown');
create index notification_attempts_reserved on notification_attempts (reserved_at)
  where state = 'reserved';
create index notification_attempts_of_customer on notification_attempts (customer_id, reserved_at);

-- The call list. Whether the customer may still be called is asked again when somebody takes a call.
create table calls (
  call_id text primary key references notifications (notification_id) on delete cascade,
  attempt integer not null,
  state text not null default 'waiting' check (state in
    ('waiting', 'taken', 'answered', 'no_answer', 'expired', 'withdrawn')),
  listed_at timestamptz not null,
  expires_at timestamptz not null,
  taken_by text,
  taken_at timestamptz,
  ended_at timestamptz
);
create index calls_open on calls (expires_at) where state in ('waiting', 'taken');

-- Results on their way to topic `notification-results`; a row goes once Kafka has it.
create table notification_outbox (
  seq bigint generated always as identity primary key,
  result_id text not null,
  key text not null,
  customer_id text,
  value jsonb not null
);
