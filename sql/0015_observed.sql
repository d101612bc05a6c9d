-- What was seen on the wire: who really wrote to a topic, and which group really read it.
create table observed_edges (
  from_id text not null,
  to_id text not null,
  first_noticed timestamptz not null default now(),
  last_seen timestamptz not null,
  primary key (from_id, to_id)
);

-- The days on which somebody looked: only where all were watched can "not seen" be said.
create table observed_days (
  day date primary key
);
