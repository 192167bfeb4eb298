-- Keys of patients and the state of their consents. Both name a patient by a random pseudonym only.

create schema if not exists ledger;

-- The epoch under whose key-encryption key new patient keys are wrapped. One row.
create table ledger.kek_epoch (
    only_row boolean primary key default true check (only_row),
    epoch    int     not null check (epoch > 0)
);

-- K_enc and K_mac of one patient, wrapped. Erasing a patient empties the row and leaves the date, which is also the
-- time of the log's entry that says so. Every column is authenticated: see org.securemed.ledger.verify.StateCheck.
create table ledger.patient_key (
    pseudonym      bytea       primary key check (octet_length(pseudonym) = 16),
    -- HMAC of "Patient/<id>" under a key derived from the epoch's key: finds the row, tells nothing without that key.
    lookup         bytea       unique      check (octet_length(lookup) = 32),
    sealed_subject bytea,
    -- Opens only with the pseudonym, the epoch and the transaction beside it.
    wrapped        bytea,
    kek_epoch      int         check (kek_epoch > 0),
    -- The transaction that made the row: a key is kept in memory only once that has committed.
    created_in     xid8,
    destroyed_at   timestamptz,
    check (num_nulls(lookup, sealed_subject, wrapped, kek_epoch, created_in)
           = case when destroyed_at is null then 0 else 5 end)
);

create index patient_key_epoch on ledger.patient_key (kek_epoch) where destroyed_at is null;

-- The materialised consent state of one patient; the truth is in the ledger's entries.
create table ledger.consent_state (
    subject      bytea  primary key check (octet_length(subject) = 16),
    version      bigint not null check (version >= 0),
    state_hash   bytea  not null check (octet_length(state_hash) = 32),
    sealed_state bytea  not null
);
