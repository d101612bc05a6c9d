-- What people ask of decisions: pages of them, newest first, and counts over a time span. Both are
-- answered from these indexes, so that the rows themselves are fetched for one page only.
drop index interventions_recent;
create index interventions_recent on interventions (timestamp desc, intervention_id desc)
  include (status, risk_level, intervention_type, channel, arm);
drop index suppressed_interventions_recent;
create index suppressed_interventions_recent
  on suppressed_interventions (timestamp desc, intervention_id desc)
  include (status, risk_level, intervention_type, channel, arm, suppressed_by);

-- Every status that an intervention has had, and since when.
create table intervention_statuses (
  intervention_id text not null,
  at timestamptz not null,
  status text not null,
  customer_id text not null,
  suppressed_by text,
  not_before timestamptz,
  primary key (intervention_id, at, status)
);
create index intervention_statuses_of_customer on intervention_statuses (customer_id);

-- How far outcomes are known.
create index outcomes_learned on outcomes (learned_at desc);
-- What was tried to carry an intervention out.
create index notification_attempts_of_intervention on notification_attempts (intervention_id);
