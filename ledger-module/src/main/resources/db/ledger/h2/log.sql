-- The log in H2: the tables of db/ledger/postgresql/V1__log.sql without partitions and without triggers.

create schema if not exists ledger;

create table if not exists ledger.ledger_head (
    log             smallint primary key check (log = 1),
    block_no        bigint         not null,
    block_hash      varbinary(32)  not null,
    size            bigint         not null check (size >= 0),
    frontier        varbinary      not null,
    t_ms            bigint         not null,
    checkpoint_size bigint         not null
);

create table if not exists ledger.ledger_entry (
    log   smallint         not null check (log = 1),
    seq   bigint           not null check (seq >= 0),
    t_ms  bigint           not null,
    leaf  varbinary(32)    not null,
    body  varbinary(32768) not null,
    p     varbinary(16),
    actor varchar,
    op    varchar          not null,
    primary key (log, seq)
);

create index if not exists ledger.ledger_entry_patient on ledger.ledger_entry (p, t_ms, seq);

create index if not exists ledger.ledger_entry_actor on ledger.ledger_entry (actor, seq);

create index if not exists ledger.ledger_entry_op on ledger.ledger_entry (op, seq);

create table if not exists ledger.ledger_entry_id (
    id  uuid primary key,
    seq bigint not null check (seq >= 0)
);

create table if not exists ledger.ledger_block (
    log       smallint      not null check (log = 1),
    block_no  bigint        not null check (block_no >= 0),
    first_seq bigint        not null check (first_seq >= 0),
    n         int           not null check (n > 0),
    prev      varbinary(32) not null,
    root      varbinary(32) not null,
    inst      varchar       not null,
    key_id    varbinary(32) not null,
    sig       varbinary(72) not null,
    t_ms      bigint        not null,
    primary key (log, block_no),
    unique (log, first_seq)
);

create table if not exists ledger.ledger_tile (
    log    smallint        not null check (log = 1),
    level  smallint        not null check (level between 0 and 7),
    n      bigint          not null check (n >= 0),
    hashes varbinary(8192) not null,
    root   varbinary(32)   not null,
    primary key (log, level, n)
);

create table if not exists ledger.ledger_checkpoint (
    log       smallint not null check (log = 1),
    size      bigint   not null check (size >= 0),
    prev_size bigint   not null,
    note      varchar  not null,
    primary key (log, size)
);

create schema if not exists witness;
create table if not exists witness.cosignature (
    log     smallint     not null check (log = 1),
    size    bigint       not null,
    witness varchar(255) not null,
    line    varchar      not null,
    primary key (log, size, witness)
);

create table if not exists ledger.ledger_outbox (
    id     uuid primary key,
    inst   varchar          not null,
    body   varbinary(32768) not null,
    key_id varbinary(32)    not null,
    sig    varbinary(72)    not null
);

create table if not exists ledger.ledger_staged (
    id     uuid primary key,
    inst   varchar       not null,
    leaf   varbinary(32) not null,
    key_id varbinary(32) not null,
    sig    varbinary(72) not null
);

create table if not exists ledger.consent_state (
    subject      varbinary(16) primary key,
    version      bigint        not null check (version >= 0),
    state_hash   varbinary(32) not null,
    sealed_state varbinary     not null
);
