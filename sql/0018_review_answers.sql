-- What a person answered to whom asked for a review. One is open until then.
alter table reviews add column outcome text check (outcome in ('stands', 'wrong', 'withdrawn')),
  add column answer text,
  add column closed_by text,
  add column closed_at timestamptz,
  add check ((outcome is null) = (closed_at is null)),
  add check (outcome is null or (outcome = 'withdrawn') = (closed_by = asked_by));
create index reviews_open on reviews (asked_at) where closed_at is null;
create index reviews_closed on reviews (closed_at desc) where closed_at is not null;
create index reviews_answered on reviews (customer_id, closed_at desc) where closed_at is not null;
