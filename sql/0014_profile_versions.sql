-- What a timeline of one customer is read from, newest first.

-- Every version of a profile as far as it is not personal. Of personal fields 16 bits of a digest
-- are kept: enough to see that one changed, too few to find out what it says.
create table profile_versions (
  customer_id text not null,
  version bigint not null,
  at timestamptz not null,
  facts jsonb not null,
  personal jsonb not null,
  primary key (customer_id, version)
);
create index profile_versions_recent on profile_versions (customer_id, at desc, version desc);

-- Scores that came because something did not happen: few among many.
create index risk_scores_of_timers on risk_scores (customer_id, score_date desc)
  where trigger in ('salary_late', 'utility_late', 'due_not_covered');
create index intervention_statuses_made on intervention_statuses (customer_id, at desc)
  where status not in ('deferred', 'suppressed', 'held_out');
create index intervention_statuses_not_made on intervention_statuses (customer_id, at desc)
  where status in ('deferred', 'suppressed', 'held_out');
create index reviews_recent on reviews (customer_id, asked_at desc);
drop index reviews_of_customer;
