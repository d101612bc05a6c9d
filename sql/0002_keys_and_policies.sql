-- Who may call, and what of policies is drafted. Written by the command line and the API; topic
-- `policies` holds what is in force.

-- A person or service by name until there is sign-in. Only the hash of a key is kept; the name of
-- a revoked key stays, since records name it.
create table api_keys (
  name text primary key,
  role text not null,
  hash text not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- A draft waits for a second person. Its document never changes: another one is another version.
create table policy_drafts (
  kind text not null,
  name text not null,
  version text not null,
  document jsonb not null,
  hash text not null,
  author text not null,
  drafted_at timestamptz not null default now(),
  activated_by text,
  activated_at timestamptz,
  effective_from timestamptz,
  primary key (kind, name, version)
);
