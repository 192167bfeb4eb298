-- How far the comparison of stored versions with the ledger is, and what it found. Nothing here is believed: whoever
-- changes it delays the next round, or has a finding told again.
create table integrity.sweep (
    id          smallint    primary key check (id = 1),
    -- 'stored': from HAPI's rows to the ledger; 'recorded': from the ledger to HAPI's rows; 'done'
    phase       text        not null check (phase in ('stored', 'recorded', 'done')),
    place_time  bigint      not null,
    place       bigint      not null,
    checked     bigint      not null,
    uncheckable bigint      not null,
    findings    bigint      not null,
    begun_at    timestamptz not null,
    ended_at    timestamptz
);

create table integrity.finding (
    id          bigint      generated always as identity primary key,
    reference   text        not null,
    kind        text        not null,
    found_at    timestamptz not null,
    restored_at timestamptz
);
create unique index finding_open on integrity.finding (reference, kind) where restored_at is null;
