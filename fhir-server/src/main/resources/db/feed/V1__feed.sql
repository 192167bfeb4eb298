-- How far an external Audit Record Repository has taken the events.
create table feed.reader (
    id    smallint primary key check (id = 1),
    -- which repository; another one begins anew
    url   text     not null,
    -- index of the next ledger entry
    place bigint   not null
);

-- What it refuses. Nothing of the events themselves is here: they are in the ledger.
create table feed.refused (
    url           text        not null,
    -- id of the AuditEvent, and index of its ledger entry
    event         text        not null,
    entry         bigint      not null,
    attempts      int         not null,
    status        text        not null,
    -- when it was given up
    laid_aside_at timestamptz,
    again         boolean     not null default false,
    primary key (url, event)
);
