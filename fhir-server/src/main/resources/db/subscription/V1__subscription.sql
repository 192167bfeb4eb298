-- Subscriptions, and what they have to be told. No row holds anything of a resource but its name.

create table hook (
    id          uuid        primary key,
    -- by what the subscriber may see anything: a machine client, or an app's authorization
    client      text        not null,
    authorization_id text,
    username    text,
    scopes      text        not null,
    patient     text,
    encounter   text,
    consent     text,
    granted_at  timestamptz not null,
    -- digest of the subscriber: only they hear of it
    owner       bytea       not null,
    type        text        not null,
    criteria    text        not null,
    reason      text        not null,
    endpoint    text        not null,
    payload     boolean     not null,
    -- sealed: lines of name and value
    headers     bytea,
    ends_at     timestamptz,
    status      text        not null check (status in ('active', 'error', 'off')),
    created_at  timestamptz not null
);
create index hook_owner on hook (owner);
create index hook_active on hook (type) where status = 'active';

-- Written in the transaction that writes the resource.
create table change (
    id          bigint      generated always as identity primary key,
    type        text        not null,
    reference   text        not null
);

create table delivery (
    id          bigint      generated always as identity primary key,
    hook_id     uuid        not null references hook (id) on delete cascade,
    reference   text        not null,
    attempts    integer     not null default 0,
    next_at     timestamptz not null
);
create index delivery_next on delivery (next_at);
