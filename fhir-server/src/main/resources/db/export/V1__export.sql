-- Bulk exports: what was asked for and where to look for it. Nothing of a resource is here: files are made when they are
-- fetched, of what may be shown then. Rows are deleted when they expire.

create table job (
    id          uuid        primary key,
    -- digest of who asked: only they hear of it again
    asked_by    bytea       not null,
    -- path and query below the FHIR base
    request     text        not null,
    level       text        not null check (level in ('SYSTEM', 'PATIENT', 'GROUP')),
    -- logical id of the Group
    group_id    text,
    -- null: all that the token covers
    types       text[],
    since       timestamptz,
    begun_at    timestamptz not null,
    state       text        not null check (state in ('PREPARING', 'READY', 'FAILED')),
    -- patients of whom something is there, so far
    patients    integer     not null default 0,
    -- who prepares it, and until when nobody else does
    worker      uuid,
    lease_until timestamptz not null,
    expires_at  timestamptz not null
);
create index job_asked_by on job (asked_by);
create index job_expires on job (expires_at);

create table file (
    id          uuid        primary key,
    job_id      uuid        not null references job (id) on delete cascade,
    number      integer     not null,
    type        text        not null,
    partitions  integer[]   not null
);
create index file_job on file (job_id, number);
