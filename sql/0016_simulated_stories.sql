-- What simulated people live through, as the simulator told it: for people who want to see whether
-- it was noticed. No processor reads it, and nothing is decided by it.
create table simulated_stories (
  customer_id text not null,
  starts_at timestamptz not null,
  story text not null,
  look_alike boolean not null,
  peaks_at timestamptz,
  first_missed_payment timestamptz,
  recovers_at timestamptz,
  told_at timestamptz not null,
  primary key (customer_id, starts_at)
);
create index simulated_stories_by_name on simulated_stories (story, starts_at desc);
