-- Audit events that the FHIR server, which keeps the ledger, has not taken yet.
create table card.audit_outbox (
    id              uuid        primary key,
    event           text        not null,
    kept_at         timestamptz not null,
    attempts        integer     not null default 0,
    -- also until when an instance that sends the event has it for itself
    next_attempt_at timestamptz not null
);
create index audit_outbox_due on card.audit_outbox (next_attempt_at, kept_at);
