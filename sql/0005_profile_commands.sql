-- What people ask of customers' profiles. Console, API and command line write here; the space's one
-- writer of profiles, in the source, carries it out. Kept as the record of who asked for what.
create table profile_commands (
  seq bigint generated always as identity primary key,
  command text not null check (command in ('erase')),
  customer_id text not null,
  asked_by text not null,
  reason text not null,
  asked_at timestamptz not null default now(),
  -- When the tombstone was written, and when once more, behind all that was under way.
  done_at timestamptz,
  repeated_at timestamptz
);
create index profile_commands_open on profile_commands (seq) where repeated_at is null;
