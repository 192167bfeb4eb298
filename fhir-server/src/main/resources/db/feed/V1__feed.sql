-- How far an external Audit Record Repository has taken the events.
create table feed.reader (
    id    smallint primary key check (id = 1),
    -- which repository; another one begins anew
    url   text     not null,
    -- index of the next ledger entry
    place bigint   not null
);
