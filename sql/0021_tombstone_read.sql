-- The offset behind the first tombstone: once every processor has read up to there, the second one
-- follows. Nothing: the command is older than this column.
alter table profile_commands add column first_to bigint;
