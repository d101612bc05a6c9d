-- An id names one transaction of the system that sent it: two systems may use the same one. Rows
-- from before this file say nothing of theirs.
alter table transactions add column source text not null default '';
alter table transactions drop constraint transactions_pkey;
alter table transactions add primary key (customer_id, source, transaction_id);
