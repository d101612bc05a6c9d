-- An erasure needs two people: who agreed, and under which approval it was asked for, once.
alter table profile_commands add column agreed_by text;
alter table profile_commands add column approval_id text unique;
