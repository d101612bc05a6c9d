-- Customers who were erased, by a hash of their id, and the latest moment of which nothing may come
-- back: a sink that lay behind their tombstone leaves out what Kafka took before it.
create table forgotten (
  digest text primary key,
  until timestamptz not null
);
