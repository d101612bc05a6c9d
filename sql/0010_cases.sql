-- The queue of customers at risk: one narrow row for each customer, so that a hundred thousand can
-- be ranked and counted at once. The sink fills it from four topics, each its own columns.

-- What people decided, as it came.
create table case_decisions (
  case_decision_id text primary key,
  customer_id text not null,
  kind text not null,
  decision text,
  reason_codes text[],
  note text,
  rests_until timestamptz,
  assignee text,
  undoes text,
  risk_level text,
  risk_score double precision,
  prediction_id text,
  made_by text not null,
  role text not null,
  made_at timestamptz not null
);
create index case_decisions_of_customer on case_decisions (customer_id, made_at desc);
create index case_decisions_undoing on case_decisions (undoes) where undoes is not null;
create index case_decisions_recent on case_decisions (made_at desc, case_decision_id desc);

create function band_rank(band text) returns smallint immutable parallel safe language sql
return case band when 'CRITICAL' then 3 when 'HIGH' then 2 when 'MEDIUM' then 1 when 'LOW' then 0
  end;

create table cases (
  customer_id text primary key,
  -- Of the newest score.
  prediction_id text,
  risk_score double precision,
  risk_level text,
  scored_at timestamptz,
  reason_code text,
  reason text,
  -- Of the profile. What is overdue or falls due within a month, in whole units: `due` where it is
  -- all in one currency, else by currency in `dues`.
  country text,
  products text[] not null default '{}',
  statuses text[] not null default '{}',
  due double precision,
  due_currency text,
  dues jsonb,
  simulated boolean,
  -- Of the newest contact, or contact not made.
  contact_status text,
  contact_reason text,
  contact_channel text,
  contact_at timestamptz,
  contact_not_before timestamptz,
  -- Of people, computed from case_decisions.
  assignee text,
  assigned_by text,
  assigned_at timestamptz,
  decision text,
  decision_id text,
  decision_reasons text[],
  decision_note text,
  decided_by text,
  decided_at timestamptz,
  decided_level text,
  rests_until timestamptz,
  level smallint generated always as (coalesce(band_rank(risk_level), 0::smallint)) stored,
  contact text generated always as (
    case
      when contact_status is null then 'none'
      when contact_status in ('triggered', 'sent', 'answered') then 'contacted'
      when contact_status = 'deferred' then 'waiting'
      when contact_status = 'suppressed' then 'stopped'
      when contact_status = 'held_out' then 'control'
      when contact_status = 'closed' then 'closed'
      else 'failed'
    end) stored
) with (fillfactor = 70);
create index cases_at_risk on cases (level, customer_id) where level > 0;
create index cases_by_score on cases ((coalesce(risk_score, -1)) desc, customer_id desc);
create index cases_by_id on cases (customer_id text_pattern_ops);

-- The state of a case follows from what people decided about it, whatever the order of arrival.
create function keep_cases() returns trigger language plpgsql as $$
begin
  insert into cases as c (customer_id, assignee, assigned_by, assigned_at, decision, decision_id,
    decision_reasons, decision_note, decided_by, decided_at, decided_level, rests_until)
  select a.customer_id, held.assignee, held.made_by, held.made_at, made.decision,
    made.case_decision_id, made.reason_codes, made.note, made.made_by, made.made_at,
    made.risk_level, made.rests_until
  from (select distinct customer_id from added) a
  left join lateral (
    select * from case_decisions d
    where d.customer_id = a.customer_id and d.kind in ('assigned', 'released')
      and not exists (select from case_decisions u where u.undoes = d.case_decision_id
        and u.customer_id = d.customer_id)
    order by d.made_at desc, d.case_decision_id desc limit 1) held on held.kind = 'assigned'
  left join lateral (
    select * from case_decisions d
    where d.customer_id = a.customer_id and d.kind in ('decided', 'reopened')
      and not exists (select from case_decisions u where u.undoes = d.case_decision_id
        and u.customer_id = d.customer_id)
    order by d.made_at desc, d.case_decision_id desc limit 1) made on made.kind = 'decided'
  on conflict (customer_id) do update set
    assignee = excluded.assignee, assigned_by = excluded.assigned_by,
    assigned_at = excluded.assigned_at, decision = excluded.decision,
    decision_id = excluded.decision_id, decision_reasons = excluded.decision_reasons,
    decision_note = excluded.decision_note, decided_by = excluded.decided_by,
    decided_at = excluded.decided_at, decided_level = excluded.decided_level,
    rests_until = excluded.rests_until;
  return null;
end $$;
create trigger keep_cases after insert on case_decisions
  referencing new table as added for each statement execute function keep_cases();

-- Customers at risk. One waits for a person until somebody decides, and again once the time of rest
-- is over or the risk has risen above the band in which it was decided.
create view queue as
  select *, (decision is null or rests_until <= now()
    or level > coalesce(band_rank(decided_level), 3::smallint)) as waiting
  from cases where level > 0;

-- How many wait for a person: what the queue shows when nothing is chosen.
create view queue_waiting as
  select count(*)::integer as waiting from queue where level >= 2 and waiting;

-- What a person likes to see of the queue, under a name.
create table queue_views (
  owner text not null,
  name text not null,
  filters jsonb not null,
  shared boolean not null,
  updated_at timestamptz not null default now(),
  primary key (owner, name)
);

-- A transaction is found by its id alone.
create index transactions_by_id on transactions using hash (transaction_id);
