-- How far the rules have read the ledger. Findings and reviews are entries of the ledger itself.
create table review.reader (
    id    smallint primary key check (id = 1),
    -- index of the next entry
    place bigint   not null
);
