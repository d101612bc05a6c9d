-- The hash of the policy under which a contact was decided, beside its version.
alter table interventions add column policy_hash text;
alter table suppressed_interventions add column policy_hash text;
