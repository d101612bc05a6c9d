-- Who may come in, and who looked at what. Written by the API and the command line; secrets stand
-- here only as hashes.

-- People who sign in with a password: scrypt with its parameters, a salt of their own and the hash.
create table users (
  name text primary key,
  role text not null,
  password text not null,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

-- A session is known by the SHA-256 of a token of 256 random bits, which the browser alone has.
create table sessions (
  id uuid primary key default gen_random_uuid(),
  hash text not null unique,
  name text not null,
  role text not null,
  -- password, link or oidc.
  came_by text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_in_use on sessions (name, expires_at) where revoked_at is null;
create index sessions_by_end on sessions (expires_at);

-- Links that sign somebody in once.
create table sign_in_links (
  hash text primary key,
  name text not null,
  role text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Between leaving for another server to sign in there, and coming back.
create table sign_in_trips (
  hash text primary key,
  state text not null,
  nonce text not null,
  verifier text not null,
  -- The screen that was asked for.
  back_to text not null,
  expires_at timestamptz not null
);

-- Where the API answers, for commands that print an address of it.
create table api_address (
  only_one boolean primary key default true check (only_one),
  url text not null,
  since timestamptz not null default now()
);

-- What a key may be used for among what its role may do; null: all of that.
alter table api_keys add column scopes text[];

-- What people did with personal data, and when they came and went; from topic access-log.
create table access_log (
  access_id text primary key,
  actor text not null,
  role text not null,
  what text not null,
  customer_id text,
  fields jsonb,
  reason text,
  detail text,
  timestamp timestamptz not null
);
create index access_log_recent on access_log (timestamp desc, access_id desc);
create index access_log_of_customer on access_log (customer_id, timestamp desc, access_id desc)
  where customer_id is not null;
create index access_log_of_actor on access_log (actor, timestamp desc, access_id desc);
