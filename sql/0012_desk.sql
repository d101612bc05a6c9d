-- The desk for dead letters: where each one's bytes are, and what people did about it.

-- Where the bytes lie in topic `dead-letters`; null: nobody put them there, and they lie where the
-- record came from alone.
alter table dead_letters add column kept_at text;
create index dead_letters_kept on dead_letters (kept_at) where kept_at is not null;
create index dead_letters_of_cause on dead_letters
  (processor, reason, regexp_replace(origin, '-[0-9]+-[0-9]+$', ''), at desc, origin desc);

-- Each time records were put back, for one group. `what`: which ones, as it was asked.
create table redrives (
  redrive_id text primary key,
  processor text not null,
  group_name text not null,
  what jsonb not null,
  edited boolean not null,
  per_second integer not null,
  most integer not null,
  asked_by text not null,
  -- The second person, where one is needed.
  approved_by text,
  began_at timestamptz not null default now(),
  -- Moves while it runs; one that stands still has died.
  beat_at timestamptz not null default now(),
  ended_at timestamptz,
  state text not null default 'running' check (state in ('running', 'done', 'stopped', 'failed')),
  done integer not null default 0,
  -- Those whose bytes are gone, or that are no records.
  left_out integer not null default 0,
  why text
);
create index redrives_recent on redrives (began_at desc);

-- What became of a dead letter by a person's hand. 'sending' stands while a record is on its way;
-- where it stays, nobody knows whether it arrived.
create table dead_letters_settled (
  origin text not null,
  processor text not null,
  how text not null check (how in ('sending', 'redriven', 'set_aside')),
  redrive_id text references redrives,
  settled_by text not null,
  settled_at timestamptz not null default now(),
  reason text,
  primary key (origin, processor)
);
create index dead_letters_settled_recent on dead_letters_settled (settled_at desc);

-- Dead letters with their topic and what became of them.
create view settled_dead_letters as
  select d.origin, d.processor, d.reason, d.at, d.kept_at,
    regexp_replace(d.origin, '-[0-9]+-[0-9]+$', '') as topic,
    coalesce(s.how, 'open') as state, s.settled_by, s.settled_at, s.redrive_id,
    s.reason as settled_because
  from dead_letters d left join dead_letters_settled s using (origin, processor);

-- Those that wait for a person.
create view open_dead_letters as
  select d.*, regexp_replace(d.origin, '-[0-9]+-[0-9]+$', '') as topic
  from dead_letters d
  where not exists (
    select from dead_letters_settled s where s.origin = d.origin and s.processor = d.processor);
