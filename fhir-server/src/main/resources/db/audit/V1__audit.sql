-- Verifications of the ledger that somebody asked for. A result is believed only with what the server's own key says of
-- it; whoever changes the rest delays a verification or has it done again.
create table audit.verification (
    id         uuid        primary key,
    from_index bigint,
    to_index   bigint,
    asked_at   timestamptz not null default now(),
    -- of the instance that runs it, and when it last said so
    claim      uuid,
    beat_at    timestamptz,
    done       bigint      not null default 0,
    total      bigint      not null default 0,
    result     text,
    proof      bytea,
    failure    text,
    ended_at   timestamptz
);
