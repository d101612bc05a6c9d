-- What needs a second person: asked by one, decided by another, carried out once.
create table approvals (
  approval_id text primary key,
  act text not null,
  -- What is to be done, for the program that does it.
  what jsonb not null,
  -- What it will bring about, in words and numbers, as both persons read it.
  effect text not null,
  asked_by text not null,
  asked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- Approved stands until it was carried out.
  state text not null default 'open' check (state in
    ('open', 'approved', 'refused', 'withdrawn', 'done', 'failed')),
  decided_by text,
  decided_at timestamptz,
  -- What came of it, in words.
  outcome text,
  check (decided_by is null or state = 'withdrawn' or decided_by <> asked_by)
);
create index approvals_recent on approvals (asked_at desc);
create index approvals_open on approvals (expires_at) where state = 'open';
